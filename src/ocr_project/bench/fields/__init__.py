"""Fields of documents, asked for and judged: VLMHyperBench's files in and out, scores that can be trusted.

annotation   its data set: `annotation.csv` and images, refused with line and column where they cannot be used
prompts      collections of prompts, in both spellings
job          what a run asks: questions in the words of its prompts, image by image
asking       questions asked and answers kept: resumable, side by side
scoring      an answer judged: CER, WER, matches, ANLS
tables       scores by document type, field, split and further slices, with intervals over documents
writing      ModelsAnswers and ModelsMetrics
run          all of it, from options to scores
"""

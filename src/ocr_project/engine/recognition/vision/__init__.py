"""Regions read by a vision-language model, behind a server or in this process.

recognizer.py    the recognizer: pages in, rows out, many at once
page_reader.py   one page: crops, questions, answers judged, asked again, rows
planning.py      which regions are asked for, and the rows of those that are not
whole_page.py    what could not be read, looked for in the answer for the whole page
vllm.py          the backend `vllm`
in_process.py    the backend `transformers`

How a model is spoken to, what is wrong with an answer, servers and checkpoints: `engine/models`.
"""

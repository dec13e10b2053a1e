"""OCRBench v2: a rule for each of its 30 types.

Definitions of `OCRBench_v2/eval_scripts` in Yuliang-Liu/MultimodalOCR (`eval.py` at 671a3f88, `get_score.py` and the
metrics at c53f027b), kept where they surprise, since published scores depend on them.

items     an item: what counts as its answer, and both normalizations
types     which rule a type has
places    boxes: grounding, spotting, questions with positions
forms     key information
passages  long texts: pages, translations; needs nltk, jieba and WordNet
markup    tables, charts and documents, as trees
"""

from ocr_project.bench.testsets.ocrbench_v2.rules.items import RULES
from ocr_project.bench.testsets.ocrbench_v2.rules.passages import MissingWords
from ocr_project.bench.testsets.ocrbench_v2.rules.types import answered_in_words, score_ocrbench_v2

__all__ = ["RULES", "MissingWords", "answered_in_words", "score_ocrbench_v2"]

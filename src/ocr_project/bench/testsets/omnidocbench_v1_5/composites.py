"""Overall of OmniDocBench: ((1 - text edit distance) * 100 + TEDS * 100 + CDM * 100) / 3.

README of github.com/opendatalab/OmniDocBench.
"""

from ocr_project.bench.testsets.composite import Composite, Part

COMPOSITES = (
    Composite("overall/official", (Part("text_edit/official"), Part("teds/official"), Part("cdm/official"))),
)

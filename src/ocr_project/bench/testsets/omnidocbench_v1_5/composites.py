"""Overall of OmniDocBench: ((1 - text edit distance) * 100 + TEDS * 100 + CDM * 100) / 3.

README of github.com/opendatalab/OmniDocBench.
"""

from ocr_project.bench.testsets.composite import Composite, CompositePart

COMPOSITES = (
    Composite(
        "overall/official",
        (CompositePart("text_edit/official"), CompositePart("teds/official"), CompositePart("cdm/official")),
    ),
)

"""F1 macro: the mean over types, each counting the same."""

from ocr_project.bench.testsets.composite import Composite, CompositePart

COMPOSITES = (
    Composite("f1_macro/official", (CompositePart("type_f1/official *"),)),
    Composite("f1_macro/canonical", (CompositePart("type_f1/canonical *"),)),
)

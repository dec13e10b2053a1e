"""OmniDocBench v1.5: origin, licence, scores."""

from __future__ import annotations

from dataclasses import replace

from ocr_project.bench.testsets.omnidocbench_v1_6.card import CARD as OMNIDOCBENCH_V1_6

CARD = replace(
    OMNIDOCBENCH_V1_6,
    name="omnidocbench_v1_5",
    title="OmniDocBench v1.5",
    hub=None,
    how="take the last commit of opendatalab/OmniDocBench before 9 April 2026, when v1.6 replaced it:"
    " OmniDocBench.json (1,355 pages) and images/",
    version=2,
)

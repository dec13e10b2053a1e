"""TEDS_TEST is scored as PubTabNet is."""

from ocr_project.bench.testsets.pubtabnet.rules import RULES

__all__ = ["RULES"]

"""TEDS_TEST: origin, licence, scores."""

from __future__ import annotations

from dataclasses import replace

from ocr_project.bench.testsets.pubtabnet.card import CARD as PUBTABNET

CARD = replace(PUBTABNET, name="teds_test", title="TEDS_TEST (PubTabNet's validation split from row 4,000 on)")

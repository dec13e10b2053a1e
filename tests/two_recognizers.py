"""Two recognizers that never were, on two test sets that never were, with differences that are known.

`careful` reads tables a tenth better than `hasty` and formulas no better; both miss the same hard documents.
All of it follows from the seed.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Score, Status, Truth, TruthKind

TABLES, TEXTS = "tables_ko", "texts_ko"
ITEMS_OF_DOCUMENT = 3
ADVANTAGE = 0.10  # of `careful` over `hasty`, in TEDS
_LANGUAGES = ("ko", "en", "mixed")


def truths(documents: int = 40) -> pd.DataFrame:
    """Make what is known: a table and a text a page, three pages a document, sliced by language and layout."""
    rows = []
    for place in range(documents * ITEMS_OF_DOCUMENT):
        document = f"d{place // ITEMS_OF_DOCUMENT:03d}"
        slices = (("language", _LANGUAGES[place // ITEMS_OF_DOCUMENT % 3]), ("layout", ("one", "two")[place % 2]))
        table = f"<table><tr><th>연도</th><th>금액</th></tr><tr><td>2024</td><td>{1000 + place:,}</td></tr></table>"
        rows.append(Truth(f"t{place:04d}", TABLES, TruthKind.TABLE, _json(html=table), slices, document))
        text = f"제{place}조 정보공개 청구인은 공공기관에 청구서를 제출한다."
        rows.append(Truth(f"x{place:04d}", TEXTS, TruthKind.TEXT, _json(text=text), slices, document))
    return to_frame(rows, Truth)


def scores(name: str, known: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Score `careful` or `hasty`: TEDS twice for tables, CER for texts; every 30th table cannot be scored."""
    hard = np.random.default_rng(seed).normal(0, 0.08, 10_000)  # of the document: the same for both
    chance = np.random.default_rng([seed, len(name)])
    rows: list[Score] = []
    for place, (item, test_set, cluster) in enumerate(
        zip(known["page_id"], known["test_set"], known["cluster"], strict=True)
    ):
        noise = hard[int(cluster[1:])] + chance.normal(0, 0.03)
        if test_set == TABLES:
            value = float(np.clip(0.80 + noise + (ADVANTAGE if name == "careful" else 0.0), 0, 1))
            failed = place % 60 == 0
            status, reason = (Status.FAILED, "too large: more than 500 rows") if failed else (Status.OK, "")
            for reading, least in (("official", 0.0), ("canonical", 0.85)):
                got = 0.0 if failed else max(value, least)
                rows.append(Score(item, cluster, test_set, f"teds/{reading}", got, 1.0, status, reason))
        else:
            total = 30 + place % 7
            errors = float(chance.binomial(total, float(np.clip(0.05 + noise / 4, 0.005, 0.5))))
            rows.append(Score(item, cluster, test_set, "cer_no_space/official", errors, float(total)))
    return to_frame(rows, Score)


def _json(**values: object) -> str:
    return json.dumps(values, ensure_ascii=False)

"""Signs that a scan does not tell apart, written as one: what all canonical forms but that of formulas share."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = {
    **dict.fromkeys(map(ord, "“”„‟«»″〝〞＂"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛‹›′｀´`"), "'"),
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-"),
    **dict.fromkeys(map(ord, "•◦▪‣∙"), "·"),
    ord("⁄"): "/",
    ord("µ"): "μ",
    ord("～"): "~",
    ord("〜"): "~",
}
# Circled and parenthesised letters and numbers are letters of Korean laws: NFKC would make ① a 1.
_KEPT = re.compile("[\u2460-\u24ff\u3200-\u33ff]")


def plain_signs(text: str) -> str:
    """Write signs that a scan does not tell apart as one: quotes, dashes, bullets, compatibility characters (NFKC).

    Circled and parenthesised numbers and letters stay. Tables and texts share this; beyond it `canonical_text`
    takes marks off that would be the content of a cell (`- 5`, `# 3`, `a|b`), so that cells have a form of their own.
    """
    return _compatible(text).translate(_QUOTES)


def _compatible(text: str) -> str:
    return "".join(
        sign if _KEPT.match(sign) or sign == "…" else unicodedata.normalize("NFKC", sign)
        for sign in unicodedata.normalize("NFC", text.translate(_QUOTES))
    )

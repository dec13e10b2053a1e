"""Pages in OmniDocBench's own JSON and answers to them, good and bad in every way that its protocol looks at.

    python -m tests.omnidoc_pages PAGES.json --pages 60 --seed 0

All of it follows from the seed. The official program's values for some of these pages are in
`tests/data/omnidocbench_*.json`, pages included, so that a change here does not change them.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_PROSE = (
    "the survey of rivers was made in spring when water stands high and every gauge along the valley reports twice a"
    " day to the office which keeps the tables and prints them with notes on method error and cost for all who ask"
)
_ENGLISH = _PROSE.split()
_CHINESE = "本报告说明全国水文观测站的数据整理方法以及误差来源并给出各省份年度统计结果供研究人员参考使用"
_HANGUL = "이 보고서는 전국 하천 관측소의 자료 정리 방법과 오차의 원인을 설명하고 연도별 통계를 제시한다"
_KOREAN = _HANGUL.split()
_INLINE = (
    r"$x_1$",
    r"$\textcircled{2}$ ①",
    r"$a=b+c$",
    r"$\lambda$",
    r"$x^2$",
    r"$\alpha_{i}+1$",
    r"\(a_1\)",
    r"$5",
    r"$n$",
    r"$\frac{1}{2}$",
    r"$\mathrm{CO_2}$",
    r"$10\%$",
)
_FORMULAS = (
    r"E = mc^{2} + \alpha",
    r"\int_0^1 f(x)\,dx = \frac{\pi}{4} \tag{3}",
    r"\sum_{i=1}^{n} x_i^2 \leq \left( \mathbf{A} x \right)",
    r"\begin{array}{l} a = b + c \\ d = e - f \end{array}",
    r"\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}",
    r"\begin{aligned} y &= ax + b \\ z &= cy + d \end{aligned}",
    r"p(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\hat{H}\psi = \mathrm{E}\psi \quad (1)",
    r"\begin{array}{l} {u = v} \\ {w = 2u,} \\ {q = \sqrt{w}} \end{array}",
    "x=1",
    r"\begin{aligned} f(x) &= x^2 \\ g(x) &= 2x \\ &\Rightarrow f > g \end{aligned} \quad (4)",
    r"\left\{ \begin{array}{l} x + y = 1 \\ x - y = 3 \end{array} \right.",
    r"\left\{ \begin{aligned} x + y &= 1 \\ x - y &= 3 \end{aligned} \right. \tag{5}",
    r"\begin{cases} x > 1 \Rightarrow y = 2 \\ x < 1 \Rightarrow y = 3 \end{cases}",
    r"\begin{cases} a = 1 \\ \forall b, b = 2 \\ \begin{array}{l} c = 3 \end{array} \end{cases}",
    r"\begin{gather*} u_1 = 3 \\[2pt] u_2 = 5 \\* u_3 = 8 \end{gather*}",
    r"12 \times 3 = 36 \qquad 14 \div 2 = 7 \quad 5 + 5 = 10",
    r"(3) \quad \nabla \cdot E = \rho \qquad \text{where E is the electric field of the charge}",
    r"2H_2 + O_2 \xrightarrow{heat} 2H_2O",
    r"\begin{array}{rl} m & = n + 1 \\ k & = l \end{array}",
    r"a = b \\ c = d \\ e = f",
    r"\mathbf{M} = \begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix} {x} {y+z}",
)
_LOOSE = (
    "![12 × 3 = 36](images/3.png)",
    "<div><p>the office prints <b>tables</b></p><br/>every spring</div>",
    "The image shows a table of $x$ and \\(y\\) that stands beside the text of the survey",
    "12 + 30 = 42, 17 - 5 = 12",
    "H2 → 2H 加热",
    "□ + 3 = 8",
)
_CODE = (
    "def mean(values):\n    return sum(values) / len(values)",
    "for row in table:\n    print(row | 1)\n\nprint('end')",
)
_IGNORED = ("header", "footer", "page_number", "page_footnote", "figure_caption", "table_caption", "table_footnote")


def make_pages(count: int, seed: int) -> list[Json]:
    """Make pages with answers.

    Returns:
        `truth` and `prediction` of each.
    """
    return [make_page(random.Random(f"{seed}/{number}"), f"page_{number:04d}.png") for number in range(count)]


def make_page(chance: random.Random, name: str) -> Json:
    """Make a page and an answer to it."""
    language = chance.choice((_words, _words, _hanzi, _hangul))
    blocks = [_block(chance, language) for _ in range(chance.choice((1, 2, 4, 6, 9, 14)))]
    order = 0
    detections: list[Json] = []
    for number, block in enumerate(blocks):
        placed = block["category_type"] not in ("header", "footer", "page_number", "page_footnote")
        order += placed
        ignored = chance.random() < 0.03
        detections.append({"anno_id": number, "order": order if placed else None, "ignore": ignored, **block})
    relations = _truncate(chance, detections)
    attributes = {
        "data_source": chance.choice(("book", "newspaper")),
        "language": language.__name__,
        "layout": chance.choice(("single_column", "double_column")),
        "special_issue": chance.sample(["watermark", "fuzzy_scan", "table_vertical"], chance.randint(0, 2)),
    }
    page = {"page_attribute": attributes, "page_no": 1, "height": 10, "width": 10, "image_path": name}
    truth = {"layout_dets": detections, "extra": {"relation": relations}, "page_info": page}
    return {"truth": truth, "prediction": answer(chance, blocks)}


def answer(chance: random.Random, blocks: Sequence[Json]) -> str:
    """Write the blocks of a page as a recognizer might: mostly right."""
    kind = chance.random()
    if kind < 0.04:
        return ""
    if kind < 0.07:
        return chance.choice((" \n\n ", "![](x.png)", "word " * 300, "<table>", "$$", "|\n|\n"))
    care = chance.choice((0.0, 0.02, 0.1, 0.3))
    pieces = [piece for block in blocks for piece in _written(chance, block, care)]
    if chance.random() < 0.2:
        first = chance.randrange(len(pieces) + 1)
        pieces = pieces[first:] + pieces[:first]
    if chance.random() < 0.15:
        pieces.insert(chance.randrange(len(pieces) + 1), chance.choice(_LOOSE))
    if chance.random() < 0.25:
        pieces.insert(chance.randrange(len(pieces) + 1), chance.choice((_words, _hanzi))(chance, 12))
    text = ""
    for piece in pieces:
        text += piece + chance.choice(("\n\n",) * 8 + ("\n", " ", "\n\n\n"))
    if chance.random() < 0.1:
        text = text[: chance.randrange(len(text) + 1)]
    if chance.random() < 0.1:
        text = f"```{chance.choice(('markdown', 'html', ''))}\n{text}\n```"
    if chance.random() < 0.08:
        text = text.replace("\n\n", "\n")
    return text


def _words(chance: random.Random, count: int) -> str:
    words = chance.choices(_ENGLISH, k=count)
    return f"{' '.join(words).capitalize()}."


def _hanzi(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(_CHINESE, k=2 * count)) + "。"


def _hangul(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(_KOREAN, k=count)) + "."


def _block(chance: random.Random, language: Callable[[random.Random, int], str]) -> Json:
    category = chance.choices(
        ("text_block", "title", "equation_isolated", "table", "ignored", "code_txt", "reference", "figure", "mask"),
        (9, 2, 4, 3, 3, 1, 1, 1, 0.5),
    )[0]
    text = language(chance, chance.choice((1, 4, 12, 30)))
    if chance.random() < 0.3:
        text = f"{text} {chance.choice(_INLINE)} {language(chance, 5)} {chance.choice(_INLINE)}"
    attribute = {"text_language": language.__name__, "text_rotate": chance.choice(("normal", "rotate90"))}
    if category == "equation_isolated":
        form = chance.choice(("$${}$$", "$$\n{}\n$$", "\\[{}\\]", "{}"))
        return {"category_type": category, "latex": form.replace("{}", chance.choice(_FORMULAS), 1)}
    if category == "table":
        rows = [[language(chance, 1) for _ in range(chance.randint(1, 4))] for _ in range(chance.randint(1, 4))]
        table = {"line": chance.choice(("full_line", "less_line")), "with_span": chance.random() < 0.5}
        latex = chance.choice(("", r"\begin{tabular}{l} a \\ \end{tabular}"))
        return {"category_type": category, "html": _html(chance, rows), "latex": latex, "attribute": table}
    if category == "figure":
        return {"category_type": category}
    if category == "code_txt":
        return {"category_type": category, "text": chance.choice(_CODE), "attribute": attribute}
    if category == "mask":
        return {"category_type": chance.choice(("abandon", "text_mask", "unknown_mask")), "text": text}
    if category == "ignored":
        category = chance.choice(_IGNORED)
        if category == "page_number":
            text = str(chance.randint(1, 400))
    if chance.random() < 0.02:
        text = chance.choice(("", "—", "***"))
    block = {"category_type": category, "text": text}
    return block | ({"attribute": attribute} if chance.random() < 0.9 else {})


def _truncate(chance: random.Random, detections: list[Json]) -> list[Json]:
    """Say of some paragraphs that they are one."""
    texts = [one["anno_id"] for one in detections if one["category_type"] == "text_block" and one["order"]]
    if len(texts) < 3 or chance.random() < 0.5:
        return [{"source_anno_id": 0, "target_anno_id": 0, "relation_type": "parent_son"}]
    first = chance.randrange(len(texts) - 2)
    chain = texts[first : first + chance.choice((2, 3))]
    return [
        {"source_anno_id": one, "target_anno_id": two, "relation_type": "truncated"} for one, two in pairwise(chain)
    ]


def _html(chance: random.Random, rows: Sequence[Sequence[str]]) -> str:
    style = chance.choice(("", ' border="1"', ' style="width:10%" class="a"'))
    cell = chance.choice(("td", "td", "th"))
    gap = chance.choice(("", "\n", "\n  "))
    body = []
    for number, row in enumerate(rows):
        name = cell if number == 0 else "td"
        cells = []
        for value in row:
            span = chance.choice(("", "", "", ' colspan="2"', ' rowspan="2"', ' align="center"'))
            inner = chance.choice(
                ("{}", "{}", "{}", "<b>{}</b>", "{}<sup>2</sup>", "<div>{}</div>", "{}&lt;1", "$x_1$ {}")
            )
            cells.append(f"<{name}{span}>{inner.replace('{}', value)}</{name}>")
        body.append(f"<tr>{gap}{gap.join(cells)}{gap}</tr>")
    inside = gap.join(body)
    if chance.random() < 0.3:
        inside = f"<thead>{body[0]}</thead>{gap}<tbody>{gap.join(body[1:])}</tbody>"
    return f"<table{style}>{gap}{inside}{gap}</table>"


def _written(chance: random.Random, block: Json, care: float) -> list[str]:
    category = block["category_type"]
    if chance.random() < 0.06:
        return []
    if category == "figure":
        return [chance.choice(("![figure](images/1.png)", ""))]
    if category == "equation_isolated":
        return [_formula(chance, block["latex"], care)]
    if category == "table":
        return [_table(chance, block["html"], care)]
    if category in ("header", "footer", "page_number", "page_footnote") and chance.random() < 0.5:
        return []
    text = _noisy(chance, block.get("text", ""), care)
    if category == "code_txt":
        return [chance.choice((f"```python\n{text}\n```", text, f"    {text}"))]
    if category == "title":
        text = chance.choice(("# ", "## **", "", "\\section{")) + text
        return [text + ("**" if "**" in text else "}" if "section" in text else "")]
    if chance.random() < 0.2 and len(text) > 20:
        cut = chance.randrange(len(text))
        return [text[:cut], text[cut:]]
    if chance.random() < 0.1:
        text = text.replace("$x^2$", "x²").replace(r"\(a_1\)", "$a_1$").replace("____", "_" * 12)
    return [text]


def _formula(chance: random.Random, latex: str, care: float) -> str:
    bare = latex.strip("$").strip().removeprefix("\\[").removesuffix("\\]")
    bare = _noisy(chance, bare, care / 2)
    if chance.random() < 0.2:
        bare = bare.replace("{l}", "{c}").replace(" ", "")
    form = chance.choice(("$${}$$", "$$\n{}\n$$", "\\[{}\\]", "\\[ {} \\]", "${}$", "\\({}\\)", "{}", "$${}$$ (1)"))
    return form.replace("{}", bare, 1)


def _table(chance: random.Random, html: str, care: float) -> str:
    rows = [[_bare(cell) for cell in row.split("</t") if ">" in cell][:-1] or ["x"] for row in html.split("<tr>")[1:]]
    kind = chance.random()
    if kind < 0.45:
        return _noisy(chance, html, care / 8)
    if kind < 0.6:
        return _html(chance, rows)
    if kind < 0.8:
        width = max(map(len, rows))
        lines = ["| " + " | ".join([*row, *([""] * (width - len(row)))]) + " |" for row in rows]
        return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])
    body = " \\\\\n".join(" & ".join(row) for row in rows)
    if kind < 0.9:
        return f"\\begin{{tabular}}{{{'l' * len(rows[0])}}}\n{body} \\\\\n\\end{{tabular}}"
    if kind < 0.95:
        return f"\\begin{{table}}\n\\begin{{tabular}}{{ll}}\n{body}\n\\end{{tabular}}\n\\end{{table}}"
    return chance.choice((html.replace("</table>", ""), f"<html><body>{html}</body></html>", html[: len(html) // 2]))


def _bare(cell: str) -> str:
    return cell.rsplit(">", 1)[-1]


def _noisy(chance: random.Random, text: str, care: float) -> str:
    """Misread some characters."""
    kept = []
    for sign in text:
        luck = chance.random()
        if luck < care / 3:
            continue
        kept.append(chance.choice("eo1l目이 ") if luck < care * 0.8 else sign)
        if luck > 1 - care / 5:
            kept.append(sign)
    return "".join(kept)


def main() -> None:
    """Write pages to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.file.write_text(json.dumps(make_pages(given.pages, given.seed), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

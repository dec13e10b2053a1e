"""A few items of each test set, written in the very form in which the set is published."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw, ImageFont

HTML = (
    "<html><body><table><thead><tr><td>a</td><td>b</td></tr></thead>"
    "<tbody><tr><td>1</td><td>2</td></tr></tbody></table></body></html>"
)


def drawn(text: str, size: tuple[int, int] = (360, 60)) -> bytes:
    """Draw a line of text as a PNG."""
    picture = Image.new("L", size, 255)
    ImageDraw.Draw(picture).text((12, 12), text, font=ImageFont.load_default(28), fill=0)
    data = BytesIO()
    picture.save(data, "PNG", dpi=(150, 150))
    return data.getvalue()


def draw_pdf(path: Path, texts: Sequence[str]) -> None:
    """Write a PDF of one line a page."""
    from fpdf import FPDF

    made = FPDF()
    for text in texts:
        made.add_page()
        made.set_font("Helvetica", size=24)
        made.text(30, 40, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.output(str(path))


def parquet(path: Path, rows: Sequence[Mapping[str, Any]], group: int = 2) -> None:
    """Write a file of the Hub, of several row groups."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path, row_group_size=group)


def hub_image(text: str) -> dict[str, Any]:
    """Return an image as the Hub's Parquet files hold it."""
    return {"bytes": drawn(text), "path": f"{text}.png"}


def omnidocbench(root: Path) -> None:
    pages = [
        {
            "layout_dets": [
                {
                    "category_type": "text_block",
                    "poly": [10, 10, 300, 10, 300, 50, 10, 50],
                    "ignore": False,
                    "order": 1,
                    "anno_id": 1,
                    "text": f"page {number}",
                    "attribute": {"text_language": "text_english"},
                }
            ],
            "extra": {"relation": []},
            "page_info": {
                "page_attribute": {
                    "data_source": "book",
                    "language": "english",
                    "layout": "single_column",
                    "special_issue": ["watermark", "fuzzy_scan"],
                },
                "page_no": number,
                "height": 60,
                "width": 360,
                "image_path": f"book_{number}.jpg",
            },
        }
        for number in (1, 2)
    ]
    (root / "images").mkdir(parents=True)
    for number in (1, 2):  # the Hub has PNGs where the annotations say JPEG
        (root / "images" / f"book_{number}.png").write_bytes(drawn(f"page {number}"))
    (root / "OmniDocBench.json").write_text(json.dumps(pages))


def ocrbench(root: Path) -> None:
    kinds = [
        ("IIIT5K", "what is written in the image?", "Regular Text Recognition", ["CENTRE"]),
        ("HME100k", "Please write out the formula.", "Handwritten Mathematical Expression Recognition", ["x ^ 2"]),
        ("ST-VQA", "What does the sign say?", "Scene Text-centric VQA", ["stop", "stop sign"]),
    ]
    rows = [
        {"dataset": name, "question": question, "question_type": kind, "answer": answers, "image": hub_image("a")}
        for name, question, kind, answers in kinds
    ]
    parquet(root / "data/test-00000-of-00001.parquet", rows)


def ocrbench_v2(root: Path) -> None:
    kinds = [
        ("text recognition en", "What is written?", ["CENTRE"], "None"),
        ("table parsing en", "Convert the table to HTML.", [HTML], "None"),
        ("full-page OCR cn", "Read all.", ["one two"], "None"),
        ("VQA with position en", "Where?", ["x"], "None"),
        ("math QA en", "A, B or C?", ["B"], "multiple choice"),
        ("key information extraction en", "Fill in.", ["{'total': ['8.50']}"], "None"),
    ]
    rows = [
        {
            "id": number,
            "dataset_name": "set",
            "question": question,
            "type": kind,
            "answers": answers,
            "image": hub_image("a"),
            "eval": way,
            "bbox": [1, 2, 30, 40] if kind.startswith("VQA") else None,
            "bbox_list": None,
            "content": None,
        }
        for number, (kind, question, answers, way) in enumerate(kinds)
    ]
    parquet(root / "data/test-00000-of-00001.parquet", rows)


def unimer(root: Path) -> None:
    root.mkdir(parents=True)
    with zipfile.ZipFile(root / "UniMER-Test.zip", "w") as archive:
        for subset, formulas in {"spe": ["x ^ { 2 }", "\\alpha"], "hwe": ["a + b"]}.items():
            archive.writestr(f"UniMER-Test/{subset}.txt", "\n".join(formulas) + "\n")
            for number in range(len(formulas)):
                archive.writestr(f"UniMER-Test/{subset}/{number:07d}.png", drawn("x"))


def pubtabnet(root: Path, count: int = 3) -> None:
    for part in range(2):
        rows = [
            {"image": hub_image("t"), "split": "val", "imgid": 2 * n + part, "html": HTML, "html_table": HTML}
            for n in range(count // 2 + count % 2 * (part == 0))
        ]
        parquet(root / f"data/validation-{part:05d}-of-00002.parquet", rows)


def pubtabnet_lines(root: Path) -> None:
    (root / "val").mkdir(parents=True)
    (root / "val/PMC1.png").write_bytes(drawn("t"))
    structure = ["<thead>", "<tr>", "<td", ' colspan="2"', ">", "</td>", "</tr>", "</thead>"]
    html = {"cells": [{"tokens": ["<b>", "A", "</b>"], "bbox": [1, 1, 9, 9]}], "structure": {"tokens": structure}}
    lines = [{"filename": f"PMC{n}.png", "split": s, "imgid": n, "html": html} for n, s in ((0, "train"), (1, "val"))]
    (root / "PubTabNet_2.0.0.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def nanonets_kie(root: Path) -> None:
    fields = {"date": "10/03/2018", "seller_name": "GERBANG", "total_amount": "8.50", "total_tax": None}
    parquet(root / "data/test-00000-of-00001.parquet", [{"image": drawn("8.50"), "annotations": fields}])


def handwritten_kie(root: Path) -> None:
    truth = {
        "gt_parse": {
            "person": {"State file #": "43", "name": "J. Doe", "death": "1943", "county": "Kerr"},
            "person_data": {"Gender": "male", "birth_day": "1900", "Age": "43"},
            "relation": {"Father": "A. Doe"},
        }
    }
    rows = [{"image": hub_image("J. Doe"), "ground_truth": json.dumps(truth)}]
    parquet(root / "data/val-00000-of-00001.parquet", rows)


def iam_lines(root: Path) -> None:
    parquet(root / "data/test.parquet", [{"image": hub_image(text), "text": text} for text in ("He rose", "from")])


def dp_bench(root: Path) -> None:
    bare = "<tr><td>a</td><td>b</td></tr>"  # as all tables of the real file: the first thing in it is a row
    elements = [
        {"category": "Heading1", "id": 0, "page": 1, "coordinates": [], "content": {"text": "Rome", "html": ""}},
        {"category": "Figure", "id": 1, "page": 1, "coordinates": [], "content": {"text": "", "html": ""}},
        {"category": "Table", "id": 2, "page": 1, "coordinates": [], "content": {"text": "", "html": bare}},
        {"category": "Paragraph", "id": 3, "page": 1, "coordinates": [], "content": {"text": "Veni", "html": ""}},
    ]
    draw_pdf(root / "dataset/pdfs/01030000000001.pdf", ["Rome"])
    (root / "dataset/reference.json").write_text(json.dumps({"01030000000001.pdf": {"elements": elements}}))


def docvqa(root: Path) -> None:
    rows = [
        {
            "questionId": str(number),
            "question": question,
            "question_types": ["handwritten", "form"],
            "image": hub_image("0.28"),
            "docId": 14465,
            "ucsf_document_id": "pybv0228",
            "ucsf_document_page_no": "81",
            "answers": ["0.28", ".28"],
            "data_split": "val",
        }
        for number, question in enumerate(("What is the value?", "And the other?"))
    ]
    parquet(root / "DocVQA/validation-00000-of-00006.parquet", rows)


def docvqa_challenge(root: Path) -> None:
    entry = {
        "questionId": 1,
        "question": "What?",
        "question_types": ["form"],
        "image": "documents/a_1.png",
        "docId": 7,
        "ucsf_document_id": "a",
        "ucsf_document_page_no": "1",
        "answers": ["x"],
        "data_split": "val",
    }
    (root / "documents").mkdir(parents=True)
    (root / "documents/a_1.png").write_bytes(drawn("x"))
    found = {"dataset_name": "docvqa", "dataset_version": "1.0", "dataset_split": "val", "data": [entry]}
    (root / "val_v1.0_withQT.json").write_text(json.dumps(found))


def sroie(root: Path) -> None:
    for folder in ("img", "entities", "box"):
        (root / "test" / folder).mkdir(parents=True)
    (root / "test/img/X1.jpg").write_bytes(drawn("TAN WOON"))
    (root / "test/entities/X1.txt").write_text('{"company": "BOOK TA .K", "total": "9.00"}')
    (root / "test/box/X1.txt").write_text("1,2,3,4,5,6,7,8,TAN WOON, YANN\n1,2,3,4,5,6,7,8,BOOK\n")


def cord(root: Path) -> None:
    truth = {"gt_parse": {"menu": [{"nm": "Latte", "price": "40"}, {"nm": "Tea", "price": "9"}]}, "meta": {}}
    rows = [{"image": hub_image("Latte"), "ground_truth": json.dumps(truth)}]
    parquet(root / "data/test-00000-of-00001-9c204eb3f4e11791.parquet", rows)


def olmocr_bench(root: Path) -> None:
    folder = root / "bench_data"
    draw_pdf(folder / "pdfs/old_scans/1.pdf", ["one", "two"])
    tests = [
        {"pdf": "old_scans/1.pdf", "page": 2, "id": "1_a", "type": "present", "text": "two", "max_diffs": 0},
        {"pdf": "old_scans/1.pdf", "page": 2, "id": "1_b", "type": "absent", "text": "one", "max_diffs": 0},
        {"pdf": "old_scans/1.pdf", "page": 1, "id": "1_c", "type": "present", "text": "one", "max_diffs": 0},
    ]
    (folder / "old_scans.jsonl").write_text("".join(json.dumps(test) + "\n" for test in tests))


def kdoc(root: Path) -> None:
    draw_pdf(root / "pdfs/law.pdf", ["law"])
    tests = {
        "text_present": {"pdf": "law.pdf", "page": 1, "id": "a", "type": "present", "text": "law"},
        "header_footer_tests": {"pdf": "law.pdf", "page": 1, "id": "b", "type": "absent", "text": "- 1 -"},
    }
    for name, test in tests.items():
        (root / f"{name}.jsonl").write_text(json.dumps(test) + "\n\n")
    (root / "categories.jsonl").write_text(json.dumps({"pdf": "law.pdf", "category": "Notices", "raw": "x"}) + "\n")


def page_types(root: Path) -> None:
    for name, document in (("snils", "0"), ("snils", "1"), ("tin_old", "0"), ("contract", "7")):
        for subset in ("clean", "blur"):
            folder = root / name / "images" / subset / (document if name == "contract" else "")
            folder.mkdir(parents=True, exist_ok=True)
            page = "0" if name == "contract" else document
            (folder / f"{page}.png").write_bytes(drawn(f"{name} {document}"))
    titles = {"tin_old": "INN, old form", "snils": "SNILS", "contract": "Contract"}
    (root / "classes.json").write_text(json.dumps(titles))


def page_order(root: Path) -> None:
    for document, order in (("0", [2, 0, 1]), ("11", [0, 1, 3, 2])):
        for place, number in enumerate(order, 1):
            folder = root / "images/clean" / document
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.png").write_bytes(drawn(f"page {place}"))
        (root / "jsons").mkdir(exist_ok=True)
        found = {"fields": {"contract": order, "number": "17/4"}}
        (root / "jsons" / f"{document}.json").write_text(json.dumps(found))


def own_folder(root: Path) -> None:
    (root / "forms").mkdir(parents=True)
    for name in ("page", "table", "formula", "forms/a", "forms/b", "asked", "lines"):
        (root / f"{name}.png").write_bytes(drawn(name.replace("/", " ")))
    (root / "page.gt.txt").write_text("page\n")
    (root / "page.gt.md").write_text("# page\n")
    (root / "table.gt.html").write_text(HTML)
    (root / "formula.gt.tex").write_text("x^2\n")
    (root / "forms/a.key.json").write_text('{"total": "8.50"}')
    pairs = [{"key": "name", "value": "A"}, {"key": "name", "value": "B"}, {"key": "age", "value": "9"}]
    (root / "forms/b.kv.json").write_text(json.dumps({"coord_origin": "BOTTOMLEFT", "pairs": pairs}))
    (root / "lines.boxes.csv").write_text("1,2,3,4,5,6,7,8,RM 8,50\n")
    asked = [{"question": "Q1?", "answers": ["asked"]}, {"question": "Q2?", "answers": ["x"]}]
    (root / "asked.qa.json").write_text(json.dumps(asked))


WRITERS: dict[str, Callable[[Path], None]] = {
    "omnidocbench_v1_5": omnidocbench,
    "omnidocbench_v1_6": omnidocbench,
    "ocrbench": ocrbench,
    "ocrbench_v2": ocrbench_v2,
    "unimer_test": unimer,
    "pubtabnet": pubtabnet,
    "nanonets_kie": nanonets_kie,
    "iam_lines": iam_lines,
    "handwritten_kie": handwritten_kie,
    "dp_bench": dp_bench,
    "docvqa": docvqa,
    "sroie": sroie,
    "cord": cord,
    "olmocr_bench": olmocr_bench,
    "kdoc_ocrbench_v2": kdoc,
    "page_types": page_types,
    "page_order": page_order,
}

"""The bundled samples are up to date, complete and small."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
DOCUMENTS = SAMPLES / "documents"
SUFFIXES = {".pdf", ".jpg", ".png", ".tif"}
# Pictures only, by design: no text layer.
SCANNED_PDF = Path("ko/ordinance.pdf")
# The limit.
MOST_BYTES = 2_000_000


def documents(root: Path = DOCUMENTS) -> list[Path]:
    return sorted(path.relative_to(root) for path in root.rglob("*") if path.suffix in SUFFIXES)


def page_count(path: Path) -> int:
    if path.suffix == ".pdf":
        with pdfium.PdfDocument(path) as document:
            return len(document)
    with Image.open(path) as image:
        return int(getattr(image, "n_frames", 1))


def reference_names(document: Path, pages: int) -> list[Path]:
    if document.suffix in {".jpg", ".png"}:
        return [document.with_suffix(".gt.txt")]
    return [document.with_suffix(f".p{number:03d}.gt.txt") for number in range(1, pages + 1)]


def text_layers(path: Path) -> list[str]:
    with pdfium.PdfDocument(path) as document:
        # pdfium writes U+0002 for a hyphen that ends a line.
        return [page.get_textpage().get_text_bounded().replace("\x02", "-") for page in document]


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("fpdf") is None:
        pytest.skip("fpdf2 is missing: install the dev extra to check that the samples are up to date")
    out = tmp_path_factory.mktemp("samples")
    done = subprocess.run(
        [sys.executable, str(SAMPLES / "generate.py"), "--out", str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode and "is missing: apt-get install" in done.stderr:
        pytest.skip(f"the samples cannot be made again here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return out


def test_the_corpus_has_its_documents_in_three_languages() -> None:
    found = documents()
    assert {path.parts[0] for path in found} == {"ko", "en", "ru"}
    assert {path.suffix for path in found} == SUFFIXES
    assert sum(page_count(DOCUMENTS / path) for path in found) == 14


def test_every_page_has_a_reference_and_every_reference_a_page() -> None:
    expected = {name for path in documents() for name in reference_names(path, page_count(DOCUMENTS / path))}
    assert expected == {path.relative_to(DOCUMENTS) for path in DOCUMENTS.rglob("*.gt.txt")}


def test_references_are_clean_lines() -> None:
    for path in DOCUMENTS.rglob("*.gt.txt"):
        content = path.read_bytes().decode("utf-8")
        assert unicodedata.is_normalized("NFC", content), path
        assert content.endswith("\n"), path
        for line in content.splitlines():
            assert line, path
            assert line == " ".join(line.split()), (path, line)
            assert not re.search(r"\*\*|\^\^|\u00ad", line), (path, line)


def test_tables_have_their_cells_on_the_page() -> None:
    tables = sorted(DOCUMENTS.rglob("*.gt.html"))
    assert any('rowspan="' in path.read_text(encoding="utf-8") for path in tables)
    for path in tables:
        stem = re.sub(r"\.table\d+\.gt\.html$", "", path.name)
        text = bare((path.parent / f"{stem}.gt.txt").read_text(encoding="utf-8"))
        html = path.read_text(encoding="utf-8")
        # Row by row: what the HTML says in a row, the page says in a line.
        for row in re.findall(r"<tr>(.*?)</tr>", html):
            assert bare(re.sub(r"<[^>]+>", "", row)) in text, (path, row)


def test_the_text_layer_of_a_born_digital_page_is_its_reference() -> None:
    born_digital = [path for path in documents() if path.suffix == ".pdf" and path != SCANNED_PDF]
    assert len(born_digital) == 4
    for path in born_digital:
        layers = text_layers(DOCUMENTS / path)
        for layer, name in zip(layers, reference_names(path, len(layers)), strict=True):
            assert bare(layer) == bare((DOCUMENTS / name).read_text(encoding="utf-8")), name


def test_the_scanned_pdf_has_no_text_layer() -> None:
    assert [bare(layer) for layer in text_layers(DOCUMENTS / SCANNED_PDF)] == [""]


def test_everything_is_under_two_megabytes() -> None:
    files = [path for path in SAMPLES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_questions_are_answered_by_pages_that_exist() -> None:
    queries, qrels = rows("queries.csv"), rows("qrels.csv")
    identifiers = [row["query_id"] for row in queries]
    assert len(identifiers) == len(set(identifiers)) >= 12
    assert {row["language"] for row in queries} == {"ko", "en", "ru"}
    assert {row["type"] for row in queries} == {"text", "visual", "cross"}
    assert {row["query_id"] for row in qrels} == set(identifiers)
    assert {row["query_id"] for row in qrels if row["relevance"] == "2"} == set(identifiers)
    for row in qrels:
        assert 1 <= int(row["page"]) <= page_count(DOCUMENTS / row["document"]), row
        assert row["relevance"] in {"1", "2"}, row


def test_references_are_those_of_the_sources(regenerated: Path) -> None:
    def texts(root: Path) -> dict[Path, bytes]:
        return {path.relative_to(root): path.read_bytes() for path in sorted(root.rglob("*.gt.*"))}

    committed, made = texts(DOCUMENTS), texts(regenerated)
    assert committed.keys() == made.keys()
    stale = [str(name) for name in committed if committed[name] != made[name]]
    assert not stale, f"run python samples/generate.py: {stale}"


def test_documents_are_those_of_the_sources(regenerated: Path) -> None:
    assert documents() == documents(regenerated)
    for path in documents():
        assert page_count(DOCUMENTS / path) == page_count(regenerated / path), path
        if path.suffix == ".pdf":
            assert text_layers(DOCUMENTS / path) == text_layers(regenerated / path), path

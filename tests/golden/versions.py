"""What each backend of the laptop makes of three small pages, recorded as a hash beside the backend's version.

    python -m tests.golden.versions           # says which backends no longer make what was recorded
    python -m tests.golden.versions --write   # records them, after their versions were raised

A version is a part of every shard's key: where it stays although the results change, old shards are taken for new
ones. `test_versions.py` fails when the hash changes without the version, or the version without the hash recorded.
`--write` keeps the same rule. `--inputs-changed` lifts it, for a change of the pages or of the inputs themselves.

    pages/         en.png, ko.png, ru.png, ru.pdf, turned.jpg: cut out of `samples/`, CC0
    inputs.json    regions and recognitions of the three PNGs, so that each backend is tried alone
    versions.json  the record

What may differ between processors is left out or rounded: confidences, the last digits of vectors, bytes of encoded
images (pixels are hashed). Versions of libraries and of Tesseract's models are recorded, too: they are in the keys
by themselves, and hashes made with others are not compared.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ocr_project.bench.scoring import Outcome
from ocr_project.bench.scoring.scorer import Scorer
from ocr_project.bench.testsets import TRUTHS_VERSION, OpenedSet, card_of, open_test_set, truths_of
from ocr_project.domain.options import (
    EmbeddingOptions,
    FieldsOptions,
    IngestOptions,
    LayoutOptions,
    RecognitionOptions,
    TestsetsOptions,
    TextLayer,
    TranscriptOptions,
)
from ocr_project.domain.types import (
    Asked,
    Box,
    Identity,
    Label,
    Page,
    Recognition,
    Region,
    Status,
    TextFormat,
    Transcript,
    Truth,
    Word,
)
from ocr_project.engine.answering import build_answerer
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.imaging.pixels import decode
from ocr_project.engine.ingest import ingest_identity, open_source
from ocr_project.engine.layout import build_detector
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.recognition.text_layer import recognize_page
from ocr_project.engine.transcript import assemble, transcript_identity
from tests import testset_files

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGES = HERE / "pages"
SAMPLES = ROOT / "samples" / "documents"
TYPED = ("en/report.pdf", "ko/statistics.pdf")  # a chart with letters, a table
INPUTS = HERE / "inputs.json"
RECORD = HERE / "versions.json"
COMMAND = "python -m tests.golden.versions --write"
NAMES = ("en", "ko", "ru")
# No fraction of small counts lands on a half of it, so the last digits of a vector do not decide how it is rounded.
_STEPS = 31.7
_ANSWERS = (
    ("$$x ^ 2$$\n\nCENTRE one two 8.50", TextFormat.TEXT),
    (testset_files.HTML, TextFormat.HTML),
    ('{"total": "8.50", "date": "10/03/2018", "menu": [{"nm": "Latte", "price": "4"}]}', TextFormat.TEXT),
)


@dataclass(frozen=True, slots=True)
class Made:
    """What a backend says of itself, and what it makes.

    Attributes:
        version: Of its own code.
        libraries: Versions of what else is in its identity: packages, models.
        output: sha256 of what it makes.
        raise_here: The constant that holds `version`, and its file.
    """

    version: str
    libraries: str
    output: str
    raise_here: str

    def recorded(self) -> dict[str, str]:
        """Return what stands in versions.json."""
        return {"version": self.version, "libraries": self.libraries, "output": self.output}


class OtherLibraries(Exception):
    """The record was made with other versions of libraries or models: there is nothing to compare."""


def compare(name: str, record: Mapping[str, Mapping[str, str]], made: Made) -> str:
    """Return what is wrong with a backend's version, and what to do; an empty string where all is well.

    Raises:
        OtherLibraries: See there.
    """
    known = record.get(name)
    if known is None:
        return f"{name} is not recorded: run `{COMMAND}`"
    if known["version"] != made.version:
        return f"{name} is version {made.version}, recorded is version {known['version']}: run `{COMMAND}`"
    if known["libraries"] != made.libraries:
        raise OtherLibraries(f"{name} was recorded with {known['libraries']}, and this machine has {made.libraries}")
    if known["output"] != made.output:
        return (
            f"{name} no longer makes what its version {made.version} made: raise {made.raise_here}, or old"
            f" shards will be taken for new ones; then run `{COMMAND}`. If only the pages or inputs of this test"
            f" have changed: `{COMMAND} --inputs-changed`"
        )
    return ""


# -- the backends


def _ingest() -> Made:
    options = IngestOptions(source=str(PAGES), dpi=100)
    source = open_source(options, default_root=ROOT)
    rows: list[Any] = []
    for document in source.documents():
        rows.append([document.doc_id, document.path, document.media_type, document.pages, document.status])
        rows += map(_page_row, source.pages(document, 1, document.pages))
    return _made(ingest_identity(options), rows, ingest_identity, "VERSION")


def _text_layer() -> Made:
    """Read pages by their text layers: which words are seen, and what becomes of the rest, is of ingest's version."""
    options = IngestOptions(source=str(SAMPLES), dpi=100, include=TYPED, text_layer=TextLayer.PREFER)
    source = open_source(options, default_root=ROOT)
    rows = []
    for document in source.documents():
        for page in source.pages(document, 1, document.pages):
            halves = [Box(0, 0, page.width, page.height // 2), Box(0, page.height // 2, page.width, page.height)]
            labels = (Label.TEXT, Label.TABLE)
            regions = [Region(page.page_id, at, labels[at], "half", box) for at, box in enumerate(halves)]
            read = recognize_page(_Says("what is read"), page, regions)
            gaps = list(map(round, page.text_layer_gaps))
            rows.append([gaps, [[one.text, one.format, _words(one.words), one.attempts] for one in read]])
    return _made(ingest_identity(options), rows, ingest_identity, "VERSION")


class _Says:
    """A recognizer that reads the same everywhere."""

    identity = Identity("says", "1", {})

    def __init__(self, text: str) -> None:
        self._text = text

    def recognize(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        return [Recognition(region.page_id, region.index, self._text) for region in regions]

    def close(self) -> None:
        """Nothing was started."""


def _page_row(page: Page) -> list[Any]:
    pixels = None if page.image is None else hashlib.sha256(decode(page.image).tobytes()).hexdigest()
    layer = [page.text_layer, page.text_layer_healthy, _words(page.text_layer_words)]
    return [page.page_id, page.width, page.height, round(page.dpi), page.media_type, pixels, layer, page.reason]


def _layout(backend: str) -> Made:
    detector = build_detector(LayoutOptions.model_validate({"backend": backend}))
    found = detector.detect([page for page, _, _ in read_inputs()])
    rows = [[_region_row(region) for region in regions] for regions in found]
    return _made(detector.identity, rows, type(detector), "VERSION")


def _recognition() -> Made:
    recognizer = build_recognizer(RecognitionOptions())
    rows = []
    for page, regions, _ in read_inputs():
        for one in recognizer.recognize(page, regions):
            rows.append([one.page_id, one.index, one.text, one.format, _words(one.words), one.status, one.reason])
    return _made(recognizer.identity, rows, type(recognizer), "VERSION", models="models")


def _answering() -> Made:
    """Ask for what stands beside the first word of each region."""
    answerer = build_answerer(FieldsOptions())
    rows = []
    for page, _, read in read_inputs():
        labels = dict.fromkeys(words[0] for one in read if (words := one.text.split()) and words[0].isalpha())
        asked = [Asked(number, "page", label, "") for number, label in enumerate(labels)]
        rows += [
            [one.page_id, one.question_id, one.text, one.status, one.reason] for one in answerer.answer(page, asked)
        ]
    return _made(answerer.identity, rows, type(answerer), "VERSION", models="models")


def _transcript() -> Made:
    options = TranscriptOptions()
    found = [assemble(page, regions, read, options) for page, regions, read in read_inputs()]
    rows = [[one.page_id, one.text, one.markdown, one.source, one.status, one.reason] for one in found]
    return _made(transcript_identity(options), rows, assemble, "VERSION")


def _embedding() -> Made:
    embedder = build_embedder(EmbeddingOptions())
    texts = [[one.text for one in read] for _, _, read in read_inputs()]
    vectors = [*embedder.embed_texts(["\n".join(page) for page in texts]), *embedder.embed_queries(texts[0])]
    return _made(embedder.identity, [_vector_row(vector) for vector in vectors], type(embedder), "VERSION")


def _vector_row(vector: Any) -> list[list[int]]:
    there = np.flatnonzero(vector)
    steps = np.rint(vector[there] / np.abs(vector).max(initial=1e-12) * _STEPS)
    return [there.tolist(), steps.astype(int).tolist()]


def _test_set(name: str) -> Made:
    with _opened(name) as opened:
        rows = [
            [item.index, item.document, item.page, item.given, item.question, *map(_truth_row, truths_of(name, item))]
            for item in opened.read(range(len(opened)), images=False)
        ]
    version = f"{card_of(name).version}.{TRUTHS_VERSION}"
    return Made(version, "", _hash(rows), f"`version` of the card {name}, or TRUTHS_VERSION in bench/testsets/item.py")


@contextmanager
def _opened(name: str) -> Iterator[OpenedSet]:
    with tempfile.TemporaryDirectory() as folder:
        testset_files.WRITERS[name](Path(folder) / name)
        yield open_test_set(name, TestsetsOptions(folder=Path(folder)))


def _scoring() -> Made:
    """Score three answers to each item. Formulas are not drawn: TeX may be missing."""
    scorer = Scorer(cdm=False)
    outcomes = [
        _outcome(truth, said, kind)
        for name in testset_files.WRITERS
        if name != "ocrbench_v2"  # its scores of pages depend on which optional packages are installed
        for truth in _truths(name)
        for said, kind in _ANSWERS
    ]
    rows = [
        [round(value, 6) if isinstance(value, float) else value for value in astuple(score)]
        for score in scorer.score(outcomes)
    ]
    return _made(Identity("scoring", scorer.identity.revision), rows, Scorer, "VERSION")


def _outcome(truth: Truth, said: str, kind: TextFormat) -> Outcome:
    page = Page(truth.page_id, "d", "d.png", "set", 1, 100, 100, 150.0, "image/png", b"")
    transcript = Transcript(truth.page_id, "d", "d.png", "set", 1, said, said)
    return Outcome(page, [Recognition(truth.page_id, 0, said, kind)], transcript, [truth])


def _truths(name: str) -> list[Truth]:
    with _opened(name) as opened:
        return [truth for item in opened.read(range(len(opened)), images=False) for truth in truths_of(name, item)]


def _truth_row(truth: Any) -> list[Any]:
    return [truth.page_id, truth.kind, json.loads(truth.payload), truth.slices, truth.cluster]


BACKENDS: dict[str, Callable[[], Made]] = {
    "ingest": _ingest,
    "ingest text layer": _text_layer,
    "layout opencv": lambda: _layout("opencv"),
    "layout whole_page": lambda: _layout("whole_page"),
    "recognition tesseract": _recognition,
    "answering label_neighbour": _answering,
    "transcript": _transcript,
    "embedding hashing": _embedding,
    "scoring": _scoring,
    **{f"test set {name}": (lambda name=name: _test_set(name)) for name in testset_files.WRITERS},
}


def _made(identity: Identity, rows: Any, owner: Any, constant: str, models: str = "osd") -> Made:
    """Take a revision apart into the code's own version and the rest, and hash the rows.

    Args:
        owner: Class or function whose module holds the constant.
        models: The setting that says which models were read, where there is one.
    """
    module = sys.modules[owner.__module__]
    version = str(getattr(module, constant))
    if not identity.revision.startswith(version):
        raise AssertionError(f"{identity.name}: revision {identity.revision!r} does not begin with {constant}")
    rest = identity.revision[len(version) :].lstrip(" +")
    if models in identity.settings:
        rest += f" {models} {json.dumps(identity.settings[models])}"
    file = Path(inspect.getfile(module)).resolve()
    return Made(version, rest, _hash(rows), f"{constant} in {file.relative_to(ROOT).as_posix()}")


def _hash(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


# -- their inputs


def read_inputs() -> Iterator[tuple[Page, list[Region], list[Recognition]]]:
    """Yield the three pages with regions and recognitions that were written down once."""
    inputs = json.loads(INPUTS.read_text("utf-8"))
    for name in NAMES:
        known = inputs[name]
        image = (PAGES / f"{name}.png").read_bytes()
        page = Page(name, name, f"{name}.png", "", 1, *known["size"], 150.0, "image/png", image)
        yield page, list(_regions(name, known)), list(_recognitions(name, known))


def _regions(name: str, known: Any) -> Iterator[Region]:
    for index, (label, native, box, quad, *_) in enumerate(known["regions"]):
        yield Region(name, index, Label(label), native, Box(*box), tuple(quad) if quad else None)


def _recognitions(name: str, known: Any) -> Iterator[Recognition]:
    for index, (text, kind, words, status) in enumerate(known["recognitions"]):
        read = tuple(Word(text, Box(*box), 0.9, line) for text, box, line in words)
        yield Recognition(name, index, text, TextFormat(kind), read, 0.9, status=Status(status))


def _region_row(region: Region) -> list[Any]:
    quad = None if region.quad is None else list(map(round, region.quad))
    return [region.label, region.native_label, list(map(round, region.box)), quad, region.status, region.reason]


def _words(words: tuple[Word, ...]) -> list[Any]:
    return [[word.text, list(map(round, word.box)), word.line] for word in words]


# -- the record


def read_record() -> dict[str, dict[str, str]]:
    """Read versions.json."""
    record: dict[str, dict[str, str]] = json.loads(RECORD.read_text("utf-8"))
    return record


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="record what the backends make now")
    parser.add_argument("--inputs-changed", action="store_true", help="also where a version was not raised")
    arguments = parser.parse_args()
    record = read_record() if RECORD.is_file() else {}
    made = {name: make() for name, make in BACKENDS.items()}
    refused = []
    for name, now in made.items():
        try:
            wrong = compare(name, record, now)
        except OtherLibraries as reason:
            wrong = f"{reason}: run `{COMMAND}`"
        if wrong:
            print(wrong)
        if wrong and name in record and record[name]["version"] == now.version:
            refused += [name] if record[name]["libraries"] == now.libraries else []
    if not arguments.write:
        return 1 if refused else 0
    if refused and not arguments.inputs_changed:
        print(f"nothing was written: first raise the version of {', '.join(refused)}")
        return 1
    text = json.dumps({name: one.recorded() for name, one in made.items()}, indent=1)
    RECORD.write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

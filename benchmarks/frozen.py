"""What a finished run left behind, as hashes: to show that a change of the code changes no result and no key.

    kedro run                                                        # with the code as it was
    python -m benchmarks.frozen PROJECT --save before.json
    kedro run                                                        # with the code as it is: nothing may be pending
    python -m benchmarks.frozen PROJECT --compare before.json        # prints what differs, exit status 1

PROJECT is a folder with `data/` in it (default: the working directory). What is hashed: each column of each Parquet
file, the footer of each shard with its key and its identity, the exports, the tables, the indexes, and the identity
of every backend that can be built without weights. Times are left out, and so are the reports, which tell times.
Of a versioned result the newest version counts.

Files are read with pyarrow, not with the project's own code, and backends are found by their names in the source, not
by the modules that they are in: that is what moves when the code is put in order. `--no-identities` needs none of it.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FOOTER = b"ocr_project.shard"
FOOTER_FIELDS = ("name", "key", "order", "pages", "stage", "identity", "items", "failed")
UNHASHED = ("01_raw", "07_model_output/testsets/drawings")  # what came in, and a cache
REPORTS = (".html",)
TIMES = re.compile(r"second|_at$|created|started|finished|latency|speed|duration|^p\d\d$")
# What a PDF says of the moment when it was written.
PDF_TIMES = re.compile(rb"D:\d{14}[^)]*|/ID ?\[[^]]*\]|\d{4}-\d\d-\d\dT[\d:.+Z-]+|uuid:[0-9a-f-]{36}")

Hashes = dict[str, Any]


def hash_project(project: Path) -> Hashes:
    """Hash all results under `project/data` and `project/metrics`, by their path."""
    found: Hashes = {}
    metrics = ((f"metrics/{path.name}", path) for path in sorted((project / "metrics").glob("*.json")))
    for name, path in (*_results(project / "data"), *metrics):
        if path.suffix == ".parquet":
            found[name] = _hash_parquet(path, str(project.resolve()))
        elif path.suffix == ".csv":
            found[name] = _hash_csv(path)
        elif path.suffix == ".json":
            found[name] = _sha(json.dumps(_timeless(json.loads(path.read_text("utf-8"))), sort_keys=True).encode())
        elif path.suffix == ".pdf":
            found[name] = _sha(PDF_TIMES.sub(b"", path.read_bytes()))
        else:
            found[name] = _sha(path.read_bytes())
    return found


def _results(data: Path) -> Iterator[tuple[str, Path]]:
    """Yield each result's name, its path below `data` without the version, and where it is."""
    for path in sorted(data.rglob("*")):
        inner = path.relative_to(data)
        if not path.is_file() or inner.parts == ("README.md",) or path.name == ".lock":
            continue
        if path.suffix in REPORTS or any(inner.is_relative_to(left_out) for left_out in UNHASHED):
            continue
        versions = [place for place, part in enumerate(inner.parts) if re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", part)]
        if versions:
            place = versions[0]
            root = data.joinpath(*inner.parts[:place])
            if inner.parts[place] != max(one.name for one in root.iterdir()):
                continue
            inner = Path(*inner.parts[:place], *inner.parts[place + 1 :])
        yield inner.as_posix(), path


def _hash_parquet(path: Path, home: str) -> Hashes:
    """Hash the columns; where a row names a file by its whole path, the project's folder is left out of it."""
    file = pq.ParquetFile(path)
    columns = [name for name in file.schema_arrow.names if not TIMES.search(name)]
    digests = {name: hashlib.sha256() for name in columns}
    for batch in file.iter_batches(batch_size=16, columns=columns, use_threads=False):
        for name in columns:
            for value in batch.column(batch.schema.get_field_index(name)):
                digests[name].update(_plain(value).replace(home, "").encode())
    metadata = file.schema_arrow.metadata or {}
    found: Hashes = {"rows": file.metadata.num_rows, "columns": {n: d.hexdigest()[:16] for n, d in digests.items()}}
    if FOOTER in metadata:
        footer = json.loads(metadata[FOOTER])
        found["footer"] = {name: footer.get(name) for name in FOOTER_FIELDS}
    return found


def _plain(value: pa.Scalar) -> str:
    plain = value.as_py()
    return hashlib.sha256(plain).hexdigest() if isinstance(plain, bytes) else repr(plain) + "\n"


def _hash_csv(path: Path) -> Hashes:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
        names = rows[0].keys() if rows else ()
    timed = {"seconds", "speed", "latency"}
    kept = [row for row in rows if not any(word in str(row.get("metric", "")) for word in timed)]
    columns = {n: _sha("\n".join(row[n] for row in kept).encode())[:16] for n in names if not TIMES.search(n)}
    return {"rows": len(kept), "columns": columns}


def _timeless(value: Any) -> Any:
    """Leave out of JSON what tells times, and facts of the machine and of git."""
    if isinstance(value, dict):
        dropped = {"facts", "shards"}  # of a benchmark run: its machine, and the seconds of each shard
        return {k: _timeless(v) for k, v in value.items() if not TIMES.search(k) and k not in dropped}
    return [_timeless(one) for one in value] if isinstance(value, list) else value


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# -- identities


def hash_identities() -> Hashes:
    """Return the canonical identity of every backend that this machine can build without weights.

    One that cannot be built is named with the reason: a missing package here must not look like a changed identity.
    """
    import ocr_project.domain.options as options
    from ocr_project.domain.errors import OcrProjectError

    found: Hashes = {}
    for name, build in _recipes(options).items():
        try:
            found[name] = build()
        except (OcrProjectError, ImportError) as error:
            found[name] = f"not built: {type(error).__name__}"
    return found


def _recipes(options: Any) -> Mapping[str, Any]:
    def layout(**more: Any) -> Any:
        return lambda: _named("build_detector")(options.LayoutOptions(**more)).identity.canonical()

    def recognition(**more: Any) -> Any:
        return lambda: _named("build_recognizer")(options.RecognitionOptions(**more)).identity.canonical()

    def embedding(**more: Any) -> Any:
        def build() -> str:
            chosen = options.EmbeddingOptions(**more)
            embedder = _named("build_embedder")(chosen)
            return str(_named("stage_identity")(embedder.identity, chosen).canonical())

        return build

    def of(function: str, made: Any) -> Any:
        return lambda: _named(function)(made).canonical()

    url = {"urls": ["http://127.0.0.1:9/v1"], "revision": "abc"}
    models = ("zai-org/GLM-OCR", "PaddlePaddle/PaddleOCR-VL-1.5", "allenai/olmOCR-2-7B-1025", "Qwen/Qwen3-VL-4B")
    ingest = options.IngestOptions
    return {
        "ingest": of("ingest_identity", ingest()),
        "ingest dpi=100 prefer": of("ingest_identity", ingest(dpi=100, text_layer="prefer")),
        "testsets": lambda: _named("testset_identity")(_named("ingest_identity")(ingest())).canonical(),
        "layout opencv": layout(),
        "layout opencv unturned": layout(opencv={"turn": False}),
        "layout whole_page": layout(backend="whole_page"),
        "layout pp_doclayout_v3": layout(backend="pp_doclayout_v3"),
        "recognition tesseract": recognition(),
        "recognition tesseract eng": recognition(tesseract={"languages": "eng"}),
        **{f"recognition vllm {m}": recognition(backend="vllm", vllm={**url, "model": m}) for m in models},
        "recognition vllm tasks": recognition(backend="vllm", vllm={**url, "loops": False}, tasks={"seal": "drop"}),
        "recognition transformers": recognition(backend="transformers", transformers={"revision": "abc"}),
        "transcript": of("transcript_identity", options.TranscriptOptions()),
        "transcript headers": of("transcript_identity", options.TranscriptOptions(headers_and_footers=True)),
        "embedding hashing": embedding(),
        "embedding hashing 64 float16": embedding(hashing={"dimensions": 64}, dtype="float16"),
        "embedding vllm": embedding(backend="vllm", vllm=url, embed=["page_text", "page_image"]),
        "embedding transformers": embedding(backend="transformers", transformers={"revision": "abc"}),
        "embedding sentences": embedding(backend="sentence_transformers"),
        "scoring": lambda: _named("Scorer")(cdm=True).identity.canonical(),
        **{f"test set {name}": (lambda name=name: _card(name)) for name in _named("NAMES", module="testsets")},
    }


def _card(name: str) -> str:
    card = _named("card_of")(name)
    return json.dumps([card.name, card.version, list(card.metrics)])


def _named(name: str, *, module: str = "") -> Any:
    """Return what the project defines under a name, wherever that is.

    Args:
        module: A folder on the way to it, where the name alone is not unique.
    """
    package = importlib.import_module("ocr_project")
    root = Path(str(package.__file__)).parent
    definition = re.compile(rf"^(def|class) {name}\b|^{name}\b[^=\n]*= ", re.MULTILINE)
    for path in sorted(root.rglob("*.py")):
        inner = path.relative_to(root).with_suffix("")
        if module in inner.parts or not module:
            with suppress(UnicodeDecodeError):
                if definition.search(path.read_text("utf-8")):
                    parts = [part for part in inner.parts if part != "__init__"]
                    return getattr(importlib.import_module(".".join(("ocr_project", *parts))), name)
    raise LookupError(f"nothing in {root} is called {name}")


# -- comparing


def differences(before: Any, after: Any, where: str = "") -> list[str]:
    """Return one line for each leaf that differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        lines = [f"{where}{key}: gone" for key in sorted(before.keys() - after.keys())]
        lines += [f"{where}{key}: new" for key in sorted(after.keys() - before.keys())]
        for key in sorted(before.keys() & after.keys()):
            lines += differences(before[key], after[key], f"{where}{key} > ")
        return lines
    return [] if before == after else [f"{where[:-3]}: {before} became {after}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("project", nargs="?", type=Path, default=Path(), help="a folder with data/ in it")
    parser.add_argument("--save", type=Path, help="write the hashes to this file")
    parser.add_argument("--compare", type=Path, help="hashes of an earlier run; exit status 1 where any differs")
    parser.add_argument("--no-identities", action="store_true", help="hash files only: no code of the project is run")
    arguments = parser.parse_args()
    found: Hashes = {"results": hash_project(arguments.project)}
    if not arguments.no_identities:
        found["identities"] = hash_identities()
    text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if arguments.save:
        arguments.save.write_text(text, "utf-8")
    if not arguments.compare:
        if not arguments.save:
            sys.stdout.write(text)
        return 0
    before = json.loads(arguments.compare.read_text("utf-8"))
    lines = differences({key: before[key] for key in found if key in before}, found)
    print(
        "\n".join(lines) or f"the same: {len(found['results'])} results, {len(found.get('identities', {}))} identities"
    )
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

"""How a run is called in MLflow, and what tells its corpus from others."""

from __future__ import annotations

from dataclasses import replace

from ocr_project.cli.run_notes import asked, corpus_tags, leaves, run_name
from ocr_project.domain.options import BenchmarkOptions, IngestOptions, RecognitionOptions, RuntimeOptions
from ocr_project.domain.types import Document, Status

DEFAULT = {"runtime": RuntimeOptions(workers=2), "ingest": IngestOptions(source="/home/a/minutes")}
FINER = {**DEFAULT, "ingest": IngestOptions(source="/home/a/minutes", dpi=300)}
MEMO = Document("d1", "memo.pdf", "", "application/pdf", 3, 10, source="/home/a/minutes/memo.pdf")


def test_a_name_says_what_runs_what_differs_and_over_what() -> None:
    assert run_name({}, DEFAULT, "/home/a/minutes", None) == "all · minutes"
    assert run_name({"pipeline_names": ["ocr"]}, FINER, "/home/a/minutes", None) == "ocr · dpi=300 · minutes"
    assert run_name({"pipeline_names": ["fields"]}, {}, None, None) == "fields"
    assert run_name({}, FINER, "/home/a/minutes", "1-2") == "dvc repro · dpi=300 · minutes"


def test_of_a_profile_only_what_the_run_names_itself_is_said() -> None:
    given = {"env": "h200", "runtime_params": {"ingest": {"dpi": 300}}}
    options = {**FINER, "recognition": RecognitionOptions.model_validate({"backend": "vllm"})}
    assert run_name(given, options, "/home/a/minutes", None) == "all · h200 · dpi=300 · minutes"


def test_a_long_list_of_differences_is_cut() -> None:
    many = IngestOptions(dpi=300, limit=3, shard_pages=2, jpeg_quality=50, page_seconds=9, max_pixels=10_000_000)
    name = run_name({}, {"ingest": many}, None, None)
    assert name.count("=") == 4
    assert name.endswith(" · …")


def test_a_list_is_one_line() -> None:
    assert dict(leaves("benchmark", BenchmarkOptions()))["benchmark.ndcg_cutoffs"] == "1, 3, 5, 10"


def test_blocks_of_backends_that_are_not_chosen_are_left_out_unless_set() -> None:
    chosen = {"backend": "tesseract", "vllm": {"requests": 7}, "tesseract": {"languages": "kor"}}
    listed = dict(asked("recognition", RecognitionOptions.model_validate(chosen)))
    assert (listed["recognition.backend"], listed["recognition.tesseract.languages"]) == ("tesseract", "kor")
    assert listed["recognition.vllm.requests"] == 7
    assert not any(name.startswith(("recognition.transformers.", "recognition.given.")) for name in listed)
    assert dict(asked("benchmark", BenchmarkOptions())) == dict(leaves("benchmark", BenchmarkOptions()))


def test_the_fingerprint_is_of_bytes_and_not_of_names() -> None:
    other = Document("d2", "b.pdf", "", "application/pdf", 4, 10, source="/home/a/minutes/b.pdf")
    broken = replace(other, doc_id="d3", status=Status.FAILED, reason="broken")
    tags = corpus_tags([MEMO, other, broken])
    assert (tags["source"], tags["documents"], tags["pages"]) == ("/home/a/minutes", "2", "7")
    assert corpus_tags([other, replace(MEMO, path="x.pdf", source="/b/x.pdf")])["corpus"] == tags["corpus"]
    assert corpus_tags([MEMO])["corpus"] != tags["corpus"]

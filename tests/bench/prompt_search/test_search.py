"""Prompts searched with a fake server that answers by prompt, and proposes where it is shown no image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ocr_project.bench.fields.prompts import read_prompts
from ocr_project.bench.prompt_search.parts import Part, split_documents
from ocr_project.bench.prompt_search.run import Searched, prepare_search, run_search
from ocr_project.bench.prompt_search.tables import found_of, tabulate_found, tabulate_tries
from ocr_project.bench.prompt_search.tried import Tried
from ocr_project.bench.prompt_search.writing import write_collection
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import FieldsOptions, PromptSearchOptions, RuntimeOptions
from ocr_project.domain.types import Question, Status
from ocr_project.engine.imaging.pixels import decode, encode
from ocr_project.testing.fake_vllm import FakeVllm

RUNTIME = RuntimeOptions(progress=False)
HEAD = "data_index;split;image_path;question;answer;doc_class;question_type"
FIELDS = ("surname", "number")
START = "What is the {field}?"
ALONE = "Give the {field} alone."
LOUD = "Give the {field} alone, in capitals!"


def truth(document: int, field: str) -> str:
    return f"{field[:3]}-{document * 7919 % 1000:03d}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_set(tmp_path / "demo", 18)


def write_set(root: Path, documents: int, fields: Sequence[str] = FIELDS) -> Path:
    (root / "images").mkdir(parents=True)
    lines = [HEAD]
    for number in range(1, documents + 1):
        pixels = np.full((64, 96, 3), 255, np.uint8)
        pixels[:, :48] = number
        (root / "images" / f"{number}.png").write_bytes(encode(pixels))
        lines += [
            f"d{number};clean;images/{number}.png;{START.format(field=field)};{truth(number, field)};card;{field}"
            for field in fields
        ]
    (root / "annotation.csv").write_text("\n".join(lines), encoding="utf-8")
    return root


class Model:
    """Answers with words around the value, unless it is asked for the value alone; proposes from a list."""

    def __init__(self, proposals: Sequence[str] = (), fail_at: int | None = None) -> None:
        self.proposals = list(proposals)
        self.asked: list[tuple[int, str]] = []
        self.shown: list[str] = []
        self.fail_at = fail_at

    def read(self, image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
        if not image:
            self.shown.append(prompt)
            field = prompt.split("Field: ")[1].split("\n")[0]
            number = int(prompt.split("Attempt ")[1].split(".")[0])
            told = self.proposals[(number - 1) % len(self.proposals)]
            return told.replace("{field}", field)
        document = int(decode(image)[32, 8, 0])
        self.asked.append((document, prompt))
        (field,) = (field for field in FIELDS if field in prompt)
        value = truth(document, field)
        if "capitals" in prompt:
            return value.upper()
        return value if "alone" in prompt else f"The {field} is {value}, as far as I can see"

    def fault(self, number: int, body: Mapping[str, Any]) -> str | None:
        return "500" if self.fail_at is not None and number >= self.fail_at else None


def fenced(text: str) -> str:
    return f"Here it is:\n```\n{text}\n```"


def options(server: FakeVllm, **changes: Any) -> PromptSearchOptions:
    vllm = {"urls": server.url, "model": "fake", "retries": 0, "loops": False}
    values = {"generator": "vllm", "tries": 4, "search": 4, "select": 5, "report": 6, "vllm": vllm, **changes}
    return PromptSearchOptions.model_validate(values)


def fields(root: Path, server: FakeVllm) -> FieldsOptions:
    vllm = {"urls": server.url, "crop_workers": 1, "retries": 0, "patience_seconds": 5, "jpeg_quality": None}
    return FieldsOptions.model_validate({"set": root, "backend": "vllm", "vllm": vllm})


def search(root: Path, server: FakeVllm, **changes: Any) -> Searched:
    return run_search(fields(root, server), options(server, **changes), RUNTIME, root.parent)


def tries(found: Searched, part: str = "search", field: str = "surname") -> list[Tried]:
    return [one for one in found.tried if one.part == part and one.field == field]


def test_a_better_prompt_is_found_selected_and_reported_on_other_documents(root: Path, tmp_path: Path) -> None:
    model = Model([fenced("Say the {field}"), fenced(LOUD), fenced(ALONE), fenced("never asked {field}")])
    with FakeVllm(read=model.read) as server:
        found = search(root, server)
        chosen = options(server)
    got = [(one.number, one.prompt, one.status) for one in tries(found)]
    assert got == [
        (0, "What is the surname?", Status.OK),
        (1, "Say the surname", Status.OK),
        (2, LOUD.format(field="surname"), Status.OK),
        (3, ALONE.format(field="surname"), Status.OK),
    ]  # a perfect one ends it
    assert [one.cer for one in tries(found)][:2] == [1.0, 1.0]
    assert tries(found)[3].cer == 0.0
    assert [one.number for one in tries(found, "select")] == [3]  # LOUD has 3 of 7 signs wrong
    assert [one.number for one in tries(found, "report")] == [0, 3]
    documents = [{one.document for one in tries(found, part)[0].judged} for part in Part]
    assert [len(part) for part in documents] == [4, 5, 9]
    assert not set.intersection(*documents)
    assert len(set.union(*documents)) == 18
    table = tabulate_found(found_of(found.tried, chosen)).set_index("field")
    assert list(table["report"]) == [0.0, 0.0, 0.0]
    assert list(table["gained"]) == [1.0, 1.0, 1.0]
    assert list(table["tried"]) == [3, 3, 6]
    assert write_collection(tmp_path, found_of(found.tried, chosen)) == []
    collection = read_prompts(tmp_path / "prompts.csv")
    assert collection.texts == {f"card {field}": ALONE.format(field=field) for field in FIELDS}
    assert set(collection.cers.values()) == {0.0}


def test_the_generator_is_shown_what_was_wrong_and_never_documents_of_the_other_parts(root: Path) -> None:
    model = Model([fenced("Say the {field}"), fenced(LOUD), fenced("Tell the {field}")])
    with FakeVllm(read=model.read) as server:
        found = search(root, server, tries=3)
        parts = prepare_search(fields(root, server), options(server)).parts
    shown = [text for text in model.shown if "Field: surname" in text]
    assert len(shown) == 3
    assert "The surname is sur-" in shown[0]
    assert "0.429\n```\nGive the surname alone, in capitals!" in shown[2]  # the best first
    assert shown[2].index("capitals") < shown[2].index("What is the surname?")
    hidden = [truth(number, "surname") for number in range(1, 19) if parts[f"d{number}"] is not Part.SEARCH]
    assert not [value for value in hidden for text in shown if value in text]
    assert found.asked == len(model.asked)


def test_proposals_that_cannot_be_tried_are_rows_with_a_reason(root: Path) -> None:
    with FakeVllm(read=Model([fenced(ALONE)]).read) as server:
        parts = prepare_search(fields(root, server), options(server)).parts
    seen = next(number for number in range(1, 19) if parts[f"d{number}"] is Part.SEARCH)
    leak = f"Answer {truth(seen, 'surname')} or so: the {{field}}"
    model = Model(["```\n```", fenced("What is the {field}?"), fenced(leak), "x" * 5000])
    with FakeVllm(read=model.read) as server:
        found = search(root, server)
        chosen = options(server)
    rows = tries(found)
    assert [one.status for one in rows[1:]] == [Status.FAILED, *[Status.SKIPPED] * 3]
    reasons = (
        "proposed nothing",
        "proposed before, as number 0",
        "of the documents searched on say",
        "5000 characters",
    )
    for row, said in zip(rows[1:], reasons, strict=True):
        assert said in row.reason
        assert row.judged == ()
    assert rows[1].proposed.tokens > 0
    table = tabulate_tries(found.tried)
    assert list(table["status"][:5]) == ["ok", "failed", "skipped", "skipped", "skipped"]
    found_rows = found_of(found.tried, chosen)
    assert [one.chosen for one in found_rows] == [None, None]
    assert list(tabulate_found(found_rows)["report"].isna()) == [True, True]


def test_a_search_that_broke_off_goes_on_and_asks_nothing_twice(root: Path) -> None:
    script = [fenced("Say the {field}"), fenced(LOUD), fenced("Tell the {field}"), fenced(ALONE)]
    with FakeVllm(read=Model(script).read) as server:
        whole = run_search(fields(root, server), options(server), RUNTIME, root.parent / "at once")
    asked: Counter[tuple[int, str]] = Counter()
    shown: Counter[str] = Counter()
    for run in range(20):
        model = Model(script, fail_at=11 * (run + 1))
        with FakeVllm(read=model.read, faults=model.fault) as server:
            again = search(root, server)
        asked.update(model.asked)
        shown.update(model.shown)
        if all(one.usable and all(answer.answered for answer in one.judged) for one in again.tried):
            break
    assert run > 2
    assert comparable(again.tried) == comparable(whole.tried)
    assert set(asked.values()) == set(shown.values()) == {1}


def test_a_set_drawn_anew_under_the_same_names_is_asked_about_again(root: Path) -> None:
    with FakeVllm(read=Model([fenced(ALONE)]).read) as server:
        search(root, server)
    for path in (root / "images").iterdir():
        pixels = decode(path.read_bytes())
        pixels[:, 48:] = 0
        path.write_bytes(encode(pixels))
    model = Model([fenced(ALONE)])
    with FakeVllm(read=model.read) as server:
        search(root, server)
    assert model.asked, "the answers of the images before are not taken for those of these"


def comparable(tried: Sequence[Tried]) -> list[Any]:
    return [
        (one.doc_type, one.field, one.part, one.number, one.prompt, one.status, [a.text for a in one.judged])
        for one in tried
    ]


def test_more_tries_go_on_where_fewer_ended(root: Path) -> None:
    script = [fenced(f"Say it {number}, the {{field}}") for number in range(5)] + [fenced(ALONE)]
    model = Model(script)
    with FakeVllm(read=model.read) as server:
        search(root, server, tries=3)
        before = len(model.shown)
        found = search(root, server, tries=6)
    assert before == 6
    assert len(model.shown) == 12
    assert tries(found)[-1].cer == 0.0


def test_gepa_tries_the_same_prompts_by_its_own_plan(root: Path) -> None:
    pytest.importorskip("gepa", reason="gepa is not installed: the extra gepa has it")
    model = Model([fenced("Say the {field}"), "```\n```", fenced(LOUD), fenced(ALONE)])
    with FakeVllm(read=model.read) as server:
        found = search(root, server, method="gepa", tries=6)
        requests = server.requests
        again = search(root, server, method="gepa", tries=6)
        assert server.requests == requests, "its state is not kept, what it was told is"
    assert comparable(again.tried) == comparable(found.tried)
    rows = tries(found)
    assert [one.number for one in rows] == [0, 1, 2, 3, 4]
    assert [one.status for one in rows] == [Status.OK, Status.OK, Status.FAILED, Status.OK, Status.OK]
    assert rows[4].prompt == ALONE.format(field="surname")
    assert [one.number for one in tries(found, "report")] == [0, 4]


def test_gepa_says_of_a_prompt_that_it_gave_up_on_how_far_it_came(root: Path) -> None:
    pytest.importorskip("gepa", reason="gepa is not installed: the extra gepa has it")
    model = Model([fenced(LOUD), fenced("Say the {field}"), fenced(ALONE)])
    with FakeVllm(read=model.read) as server:
        found = search(root, server, method="gepa", tries=3)
    given_up = tries(found)[2]
    assert given_up.status is Status.SKIPPED
    assert "worse than its parent on a few documents" in given_up.reason
    assert 1 <= len(given_up.judged) <= 3  # gepa fills its last batch up with documents that it has had


def test_a_file_of_candidates_needs_no_model(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "candidates.csv"
    path.write_text(
        f"prompt;doc_class_question_type\nSay it: {{field}};\n{ALONE.format(field='number')};card number\n"
    )
    model = Model()
    with FakeVllm(read=model.read) as server:
        found = search(root, server, generator="file", candidates=path)
    assert [one.number for one in tries(found)] == [0, 1]
    assert [one.number for one in tries(found, field="number")] == [0, 1, 2]
    assert model.shown == []


def test_the_start_may_be_the_best_of_another_model(root: Path, tmp_path: Path) -> None:
    start = tmp_path / "other.csv"
    start.write_text(f"prompt;doc_class_question_type;cer\n{ALONE.format(field='surname')};card surname;0.1\n")
    model = Model([fenced(ALONE)])
    with FakeVllm(read=model.read) as server:
        found = search(root, server, start=start)
    assert [one.prompt for one in tries(found)] == [ALONE.format(field="surname")]  # perfect: nothing is proposed
    assert tries(found, field="number")[0].prompt == START.format(field="number")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"report": 10}, r"card has 18 documents: 19 of each type are needed \(4 to search on, 5 to select on"),
        ({"generator": "file"}, "candidates is empty"),
        ({"generator": "file", "candidates": "/no/such.csv"}, "there is no file"),
    ],
)
def test_what_cannot_be_searched_is_refused(root: Path, changes: dict[str, Any], said: str) -> None:
    with FakeVllm() as server, pytest.raises((OptionError, SourceError), match=said):
        search(root, server, **changes)
    assert server.requests == 0


def test_an_answerer_that_reads_no_prompts_is_refused(root: Path) -> None:
    with pytest.raises(OptionError, match="answers without a prompt"):
        prepare_search(FieldsOptions(set=root), PromptSearchOptions(search=3, select=3, report=3))


def questions(documents: int, fields: Callable[[int], Sequence[str]]) -> list[Question]:
    return [
        Question(number, f"p_{number}", "", f"d{number}", "card", field, "", "", "")
        for number in range(documents)
        for field in fields(number)
    ]


def test_parts_depend_on_names_and_seed_alone() -> None:
    chosen = PromptSearchOptions(search=5, select=5, report=5)
    asked = questions(40, lambda number: FIELDS)
    parts = split_documents(asked, chosen)
    assert split_documents(asked[::-1], chosen) == parts
    assert split_documents(asked, PromptSearchOptions(search=5, select=5, report=5, seed=1)) != parts
    assert Counter(parts.values()) == {Part.SEARCH: 5, Part.SELECT: 5, Part.REPORT: 30}


def test_a_field_that_few_documents_have_is_named() -> None:
    asked = questions(30, lambda number: FIELDS if number < 4 else FIELDS[:1])
    with pytest.raises(SourceError, match="card number: "):
        split_documents(asked, PromptSearchOptions(search=5, select=5, report=5))


def test_budget_is_the_most_that_can_be_asked(root: Path) -> None:
    model = Model([fenced(f"Say it {number}, the {{field}}") for number in range(4)])
    with FakeVllm(read=model.read) as server:
        found = search(root, server, keep_below=1.0, stop_at=0.0)
    assert found.budget.proposals == len(model.shown) == 8
    assert found.asked <= found.budget.questions == 2 * (4 * 5 + 5 * 5 + 2 * 9)
    assert isinstance(tabulate_tries(found.tried), pd.DataFrame)

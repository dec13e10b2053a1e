"""Questions asked and answers kept: nothing twice, nothing mixed up, nothing lost."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ocr_project.bench.fields.run import FieldsRun, run_fields
from ocr_project.domain.errors import BackendError, OptionError, SourceError
from ocr_project.domain.options import FieldsOptions, RuntimeOptions
from ocr_project.domain.types import Answer, Status
from ocr_project.storage.lineages import LineageFolder, lineages
from ocr_project.testing.fake_vllm import FakeVllm
from tests.bench.fields.sets import FIELDS, asked_of, read_right, write_prompts, write_set
from tests.waiting import wait_for

RUNTIME = RuntimeOptions(progress=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_set(tmp_path / "demo")


def options(root: Path, server: FakeVllm, **changes: Any) -> FieldsOptions:
    vllm = {"urls": server.url, "crop_workers": 1, "retries": 0, "patience_seconds": 5, **changes.pop("vllm", {})}
    return FieldsOptions.model_validate({"set": root, "backend": "vllm", "vllm": vllm, **changes})


def run(root: Path, server: FakeVllm, **changes: Any) -> FieldsRun:
    return run_fields(options(root, server, **changes), RUNTIME, LineageFolder(root.parent / "answers", Answer))


def rate(found: FieldsRun, metric: str = "exact") -> float:
    table = found.table[found.table["level"] == "overall"].set_index("metric")
    return float(table.loc[metric, "rate"])


def test_each_question_is_answered_in_the_words_of_its_prompt(root: Path, tmp_path: Path) -> None:
    with FakeVllm(read=read_right, keep=True) as server:
        found = run(root, server, prompts=write_prompts(tmp_path / "p.csv"))
    assert [answer.question_id for answer in found.asked.answers] == list(range(12))
    assert rate(found) == 1.0
    prompts = Counter(asked_of(body)[1] for body in server.bodies)
    assert prompts == {f"Назови {field}.": 4 for field in FIELDS}
    assert found.asked.identity.settings["prompts"] == found.job.prompts.digest != ""


def test_what_is_answered_is_not_asked_again(root: Path) -> None:
    with FakeVllm(read=read_right) as server:
        first = run(root, server)
        assert server.requests == 12
        second = run(root, server)
        assert server.requests == 12
    assert second.asked.answers == first.asked.answers
    assert second.asked.made.shards == ()


def test_filters_do_not_throw_away_what_other_runs_answered(root: Path) -> None:
    with FakeVllm(read=read_right) as server:
        run(root, server, doc_type="snils")
        assert server.requests == 6
        run(root, server)
        assert server.requests == 12  # the images that were asked about whole are taken over
        one = run(root, server, field="Имя")
        assert server.requests == 16
        run(root, server)
        assert server.requests == 16
    assert [answer.question_id for answer in one.asked.answers] == [1, 4, 7, 10]


def test_prompts_system_texts_and_resolutions_lie_side_by_side(root: Path, tmp_path: Path) -> None:
    system = tmp_path / "system.txt"
    system.write_text("Answer.", encoding="utf-8")
    changes: list[dict[str, Any]] = [
        {},
        {"prompts": write_prompts(tmp_path / "p.csv")},
        {"prompts": write_prompts(tmp_path / "q.csv", "Укажи")},
        {"system": system},
        {"max_pixels": 5000},
    ]
    with FakeVllm(read=read_right) as server:
        for _ in range(2):
            identities = [run(root, server, **change).asked.identity.canonical() for change in changes]
        assert server.requests == 12 * len(changes)
    assert len(set(identities)) == len(changes)
    assert len(lineages(tmp_path / "answers")) == len(changes)


def test_another_image_under_the_same_name_is_asked_about_anew(root: Path) -> None:
    with FakeVllm(read=read_right) as server:
        run(root, server)
        one, two = (root / "images" / f"{number}.png" for number in (1, 2))
        old = one.read_bytes()
        one.write_bytes(two.read_bytes())
        found = run(root, server)
        assert server.requests == 15
        assert rate(found) == 0.75
        one.write_bytes(old)
        assert rate(run(root, server)) == 1.0
        assert server.requests == 15


def test_two_sets_of_one_name_are_told_apart(tmp_path: Path) -> None:
    with FakeVllm(read=read_right) as server:
        answers = LineageFolder(tmp_path / "answers", Answer)
        for place, documents in (("a", 2), ("b", 3)):
            root = write_set(tmp_path / place / "demo", documents)
            found = run_fields(options(root, server), RUNTIME, answers)
            assert len(found.asked.answers) == 3 * documents
            assert rate(found) == 1.0


def test_failures_are_rows_and_those_of_circumstance_are_tried_again(root: Path) -> None:
    broken = True

    def fault(number: int, body: Mapping[str, Any]) -> str | None:
        return "500" if broken and "Имя" in asked_of(body)[1] else None

    with FakeVllm(read=read_right, faults=fault) as server:
        found = run(root, server)
        assert [answer.status for answer in found.asked.answers[:3]] == [Status.OK, Status.FAILED, Status.OK]
        assert rate(found) == pytest.approx(8 / 12)
        assert set(found.table[found.table["level"] == "overall"]["missing"]) == {4}
        broken = False
        again = run(root, server)
    assert rate(again) == 1.0


def test_an_image_that_is_none_fails_its_questions_and_no_others(root: Path) -> None:
    (root / "images" / "2.png").write_bytes(b"no image")
    with FakeVllm(read=read_right) as server:
        found = run(root, server)
        assert server.requests == 9
    failed = [answer for answer in found.asked.answers if answer.status is not Status.OK]
    assert [answer.question_id for answer in failed] == [3, 4, 5]
    assert all(answer.reason.startswith("broken") for answer in failed)
    assert rate(found) == 0.75


def test_what_cannot_be_asked_is_refused_before_the_first_question(root: Path, tmp_path: Path) -> None:
    prompts = write_prompts(tmp_path / "p.csv", fields=FIELDS[:1])
    with FakeVllm(read=read_right) as server:
        with pytest.raises(SourceError, match="no prompt for passport Имя; passport Пол; snils Имя; snils Пол"):
            run(root, server, prompts=prompts)
        with pytest.raises(OptionError, match=r"fields\.set is empty"):
            run_fields(FieldsOptions(), RUNTIME, LineageFolder(tmp_path / "answers", Answer))
        with pytest.raises(SourceError, match="there is no folder"):
            run(root.with_name("other"), server)
        assert server.requests == 0


def test_where_no_server_answers_the_run_ends_and_keeps_what_it_has(root: Path) -> None:
    with FakeVllm(read=read_right) as server:
        run(root, server, doc_type="snils")
    gone = FakeVllm(read=read_right)
    gone.port = server.port
    with pytest.raises(BackendError, match="no server has answered"):
        run(root, gone, vllm={"patience_seconds": 0.5, "connect_seconds": 0.2})
    with FakeVllm(read=read_right) as back:
        assert rate(run(root, back)) == 1.0
        assert back.requests == 6


def test_given_answers_are_scored_without_images(tmp_path: Path) -> None:
    root = write_set(tmp_path / "demo", 2)
    for image in (root / "images").iterdir():
        image.unlink()
    file = tmp_path / "answers.csv"
    file.write_text("id;model_answer\n0;1 Фамилия\n1;\n5;2 Пол\n77;other", encoding="utf-8")
    chosen = FieldsOptions.model_validate({"set": root, "backend": "given", "given": {"file": file}})
    found = run_fields(chosen, RUNTIME, LineageFolder(tmp_path / "answers", Answer))
    statuses = [answer.status.value for answer in found.asked.answers]
    assert statuses == ["ok", "empty", "skipped", "skipped", "skipped", "ok"]
    whole = found.table[found.table["level"] == "overall"].set_index("metric")
    assert (whole.loc["exact", "rate"], whole.loc["exact", "missing"]) == (2 / 6, 3)


_CHILD = """
import sys
from pathlib import Path
from ocr_project.bench.fields.run import run_fields
from ocr_project.domain.options import FieldsOptions, RuntimeOptions
from ocr_project.domain.types import Answer
from ocr_project.storage.lineages import LineageFolder

root, url = Path(sys.argv[1]), sys.argv[2]
vllm = {"urls": url, "crop_workers": 1, "requests": 3}
options = FieldsOptions.model_validate({"set": root, "backend": "vllm", "vllm": vllm})
run_fields(options, RuntimeOptions(progress=False), LineageFolder(root.parent / "answers", Answer))
"""


def test_kill_and_resume_asks_again_only_what_was_in_flight(tmp_path: Path) -> None:
    """Killed again and again with -9: what was kept is never asked about again, and nothing is lost."""
    root, store = write_set(tmp_path / "demo", 24), tmp_path / "answers"
    log: list[str] = []  # what was answered, in order
    most = [0]  # requests that are answered; those after it wait for an answer when the kill comes

    def read(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
        log.append(read_right(image, prompt, body))
        return log[-1]

    def documents_kept() -> set[str]:
        return {answer.text.split()[0] for answer in LineageFolder(store, Answer).rows()}

    with FakeVllm(read=read, faults=lambda number, body: "hang" if number >= most[0] else None) as server:
        for _ in range(4):
            kept, seen = documents_kept(), len(log)
            most[0] = server.requests + 12
            child = subprocess.Popen([sys.executable, "-c", _CHILD, str(root), server.url])
            wait_for(lambda kept=kept: documents_kept() > kept, "each run gets on")  # type: ignore[misc]
            child.send_signal(signal.SIGKILL)
            child.wait()
            most[0] = 0  # no request that it had sent is answered from here on,
            server._call(asyncio.sleep(0.05))  # and those that were begun are answered within two turns of the loop
            assert not kept & {line.split()[0] for line in log[seen:]}
        most[0] = server.requests + 1000
        kept, seen = documents_kept(), len(log)
        found = run_fields(options(root, server), RUNTIME, LineageFolder(store, Answer))
    assert rate(found) == 1.0
    assert len(log) - seen == 3 * (24 - len(kept))
    assert set(log) == {f"{number} {field}" for number in range(1, 25) for field in FIELDS}

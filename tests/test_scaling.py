"""How the benchmark of scaling shares cards and pages among its clients."""

from __future__ import annotations

import sys

import pytest
from benchmarks.scaling import Record, _commands, arguments, table


def given(monkeypatch: pytest.MonkeyPatch, *more: str) -> object:
    monkeypatch.setattr(sys, "argv", ["scaling", "--simulate", "--pages", "drawn", "--pages-a-card", "10", *more])
    return arguments()


def value(command: list[str], name: str) -> int:
    return int(command[command.index(name) + 1])


@pytest.mark.parametrize("cards", [1, 2, 4, 8])
@pytest.mark.parametrize("clients", [1, 2, 3, 8])
def test_clients_share_all_pages_and_all_servers(monkeypatch: pytest.MonkeyPatch, cards: int, clients: int) -> None:
    clients = min(cards, clients)
    urls = [[f"http://card{card}:{server}" for server in range(2)] for card in range(cards)]
    commands = _commands(given(monkeypatch), "ocr", urls, clients)  # type: ignore[arg-type]
    pages = [
        page
        for one in commands
        for page in range(value(one, "--first"), value(one, "--first") + value(one, "--count"))
    ]
    asked = [each for one in commands for each in one if each.startswith("http")]
    assert len(commands) == clients
    assert sorted(pages) == list(range(10 * cards)), "every page once"
    assert asked == [url for card in urls for url in card]
    assert sum(value(one, "--requests") for one in commands) == 512 * cards
    assert sum(value(one, "--cards") for one in commands) == cards


def test_a_run_of_the_matrix_has_the_servers_of_its_card(monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = _commands(given(monkeypatch), "matrix", [["http://a", "http://b"], ["http://c"]], 1)  # type: ignore[arg-type]
    assert command[command.index("--urls") + 1 :] == ["http://a+http://b", "http://c"]


def test_rows_are_held_against_one_card_and_what_failed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record(given(monkeypatch))  # type: ignore[arg-type]
    record.add({"part": "ocr", "cards": 1, "clients": 1, "value": 10.0, "unit": "pages/s"})
    record.add({"part": "ocr", "cards": 2, "clients": 1, "error": "no server"})
    record.add({"part": "ocr", "cards": 4, "clients": 1, "value": 38.0, "unit": "pages/s"})
    one, failed, four = record.result["rows"]
    assert (one["ratio"], four["ratio"], four["wanted"]) == (1.0, 3.8, 3.8)
    assert "ratio" not in failed
    said = table(record.result["rows"])
    assert "3.8 times one (wanted 3.8)" in said
    assert "FAILED no server" in said

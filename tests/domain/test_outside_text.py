"""Names and texts from outside, at the places where they go."""

from __future__ import annotations

import pytest

from ocr_project.domain.outside_text import csv_cell, metric_name, shown, shown_lines, storable

HOSTILE = (
    *(
        "Reports (2024)",
        "R&D",
        "+1",
        "보고서 2024",
        "가" * 82,
        "=HYPERLINK(1)",
        "..",
        "/",
        "a//b",
        "a/../b",
        "",
        " x ",
    ),
    *(
        "x\x1b]0;title\x07",
        "a\nb",
        "\ud800",
        "\u202egnp.exe",
        "%2e%2e",
        "a:b",
        "x" * 5_000,
        "teds/official/",
        ".",
        "./a",
    ),
)


@pytest.mark.parametrize("name", HOSTILE)
def test_mlflow_accepts_any_name(name: str) -> None:
    from mlflow.utils.validation import _validate_length_limit, _validate_metric_name, _validate_param_name

    for whole in (f"benchmark.cer_no_space.{metric_name(name)}", metric_name(f"benchmark.{name}.low")):
        _validate_metric_name(whole)
        _validate_param_name(whole)
        _validate_length_limit("Metric name", 250, f"testset_benchmark.{whole}.low")
        whole.encode()


@pytest.mark.parametrize("name", ["Reports 2024", "보고서-1", "teds/official", "a.b_c"])
def test_what_is_accepted_stays_as_it_is(name: str) -> None:
    assert metric_name(name) == name


def test_two_names_stay_two() -> None:
    assert len({metric_name(name) for name in HOSTILE}) == len(set(HOSTILE))
    assert metric_name("R&D") == "R_D_" + metric_name("R&D")[-6:]


def test_a_terminal_gets_no_controls() -> None:
    assert shown("x\x1b]0;owned\x07.pdf") == "x�]0;owned�.pdf"
    assert shown("a\u202efdp.exe\n\x9b31m") == "a�fdp.exe��31m"
    assert shown("각주\u200d👩\u200d💻 [x] \ud800") == "각주\u200d👩\u200d💻 [x] �"
    assert shown_lines("a\n\x1bb") == "a\n�b"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("-12.5%", "-12.5%"),
        ("+1", "+1"),
        ("- a list", "'- a list"),
        ("가=1", "가=1"),
        ("\ud800", "�"),
        (-1.5, -1.5),
        (None, None),
    ],
)
def test_a_spreadsheet_computes_nothing(value: object, cell: object) -> None:
    assert csv_cell(value) == cell


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert storable("\ud800가\udfff") == "�가�"
    assert storable("👩").encode() == "👩".encode()

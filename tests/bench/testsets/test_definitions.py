"""What every test set must have, found by its name alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ocr_project.bench.metrics.catalog import metric_of
from ocr_project.bench.testsets import NAMES, TestSet, find_test_set, open_test_set
from ocr_project.bench.testsets.composite import Composite
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import TestsetsOptions
from tests import testset_files as files

_PAGES = Path(__file__).parents[3] / "docs/testsets"

FOLDER = Path(sys.modules[TestSet.__module__].__file__ or "").parent


def test_every_folder_is_a_set_and_every_set_a_folder() -> None:
    folders = {path.parent.name for path in FOLDER.glob("*/card.py")}
    assert folders == {*NAMES, "own_folder"}
    assert not [path for path in FOLDER.rglob("*.py") if path.name.startswith("test_") or path.stem.endswith("_test")]


@pytest.mark.parametrize("name", [*NAMES, "own_folder"])
def test_a_set_has_a_card_a_reader_rules_and_metrics_that_are_listed(name: str) -> None:
    test_set = TestSet(name)
    card = test_set.card
    assert card.name == name
    assert isinstance(test_set.rules, Mapping)
    assert all(isinstance(one, Composite) for one in test_set.composites)
    for metric in (*card.metrics, *(one.metric for one in test_set.composites), *filter(None, [card.headline])):
        assert metric_of(metric)
    if card.headline.startswith("overall"):
        assert card.headline in {one.metric for one in test_set.composites}


@pytest.mark.parametrize("name", files.WRITERS)
def test_a_set_has_a_rule_for_each_kind_of_its_ground_truths(name: str, tmp_path: Path) -> None:
    files.WRITERS[name](tmp_path / name)
    opened = open_test_set(name, TestsetsOptions(folder=tmp_path))
    kinds = {kind for item in opened.read(range(len(opened)), images=False) for kind, _ in item.truths}
    assert kinds <= TestSet(name).rules.keys()


def test_a_folder_of_your_own_has_a_rule_for_each_kind(tmp_path: Path) -> None:
    files.own_folder(tmp_path / "mine")
    opened = open_test_set(f"{tmp_path}/mine", TestsetsOptions())
    kinds = {kind for item in opened.read(range(len(opened)), images=False) for kind, _ in item.truths}
    assert kinds == find_test_set("mine").rules.keys()


def test_a_folder_may_not_have_the_name_of_a_public_set(tmp_path: Path) -> None:
    files.own_folder(tmp_path / "cord")
    with pytest.raises(OptionError, match="has the name of a public test set"):
        open_test_set(f"{tmp_path}/cord", TestsetsOptions())


def test_cards_are_known_without_readers_and_rules() -> None:
    code = (
        "import sys; from ocr_project.bench.testsets import NAMES, card_of; [card_of(name) for name in NAMES];"
        " print([name for name in sys.modules if name.endswith(('.reader', '.rules')) or name in ('lxml', 'scipy')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_first_line_of_each_page_says_which_real_files_were_seen() -> None:
    pages = [path for path in sorted(_PAGES.glob("*.md")) if path.stem not in ("README", "own_folder")]
    assert len(pages) >= 15
    for page in pages:
        first = page.read_text("utf-8").splitlines()[2]
        assert first.startswith(("No real file of this set was seen", "Real file")), page

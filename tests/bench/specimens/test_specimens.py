"""Specimens: what is printed is what is asked, where it is said to be, the same on every run."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from faker import Faker
from PIL import Image

from ocr_project.bench.specimens import check_needs, is_written, numbers, write_set
from ocr_project.bench.specimens.fonts import FACES, font_files
from ocr_project.bench.specimens.kinds import KINDS
from ocr_project.bench.specimens.sheet import Sheet, Style
from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options import SpecimensOptions
from ocr_project.domain.options.specimens import SpecimenKind
from ocr_project.domain.types import Box
from ocr_project.domain.types.damage import Damage

ALL = tuple(SpecimenKind)
FONTS = SpecimensOptions().fonts

pytestmark = pytest.mark.skipif(
    any(not (FONTS / name).is_file() for name in FACES.values()), reason="needs fonts-liberation and fonts-nanum"
)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "annotation.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("specimens") / "set"
    write_set(folder, SpecimensOptions(kinds=ALL, count=8, damaged=2, resolutions=(150, 75)))
    return folder


def test_check_digits_are_those_of_published_examples() -> None:
    assert numbers.snils(112_233_445) == "112-233-445 95"
    assert numbers.snils(353_721_310) == "353-721-310 54"
    # Faker has rules of its own
    fake = Faker("ru_RU")
    fake.seed_instance(0)
    found = [fake.individuals_inn() for _ in range(200)]
    assert [numbers.inn(one[:10]) for one in found] == found


def test_a_folder_as_vlmhyperbench_reads_it(every_kind: Path) -> None:
    found = rows(every_kind)
    assert list(found[0])[:8] == [
        *("data_index", "split", "image_path", "question", "answer", "doc_class", "question_type", "answer_bbox")
    ]
    assert len({row["image_path"] for row in found}) == 8 * 2 * 3
    assert {row["image_path"] for row in found} == {
        f"images/{path.name}" for path in (every_kind / "images").iterdir()
    }
    assert [int(row["data_index"]) for row in found] == sorted(int(row["data_index"]) for row in found)
    assert all(row["answer"] and row["question"] and ";" not in row["answer"] for row in found)
    images: dict[str, set[str]] = {}
    for row in found:
        images.setdefault(row["data_index"], set()).add(row["image_path"])
    assert [len(paths) for paths in images.values()] == [6] * 8  # `data_index` names the document


def test_seed_s_numbers_of_fields() -> None:
    assert len(KINDS[SpecimenKind.SNILS].questions) == 10
    assert len(KINDS[SpecimenKind.INN].questions) == 11


def test_boxes_are_within_the_page_and_of_clean_pages_do_not_meet(every_kind: Path) -> None:
    by_image: dict[str, list[dict[str, str]]] = {}
    for row in rows(every_kind):
        by_image.setdefault(row["image_path"], []).append(row)
    for path, asked in by_image.items():
        with Image.open(every_kind / path) as image:
            width, height = image.size
        boxes = [Box(*json.loads(row["answer_bbox"])) for row in asked]
        assert all(0 <= box.x0 < box.x1 <= width and 0 <= box.y0 < box.y1 <= height for box in boxes)
        if asked[0]["damage"] == "clean":
            met = [(a, b) for a in boxes for b in boxes if a is not b and overlap(a, b)]
            assert not met, path


def overlap(one: Box, other: Box) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


@pytest.mark.parametrize("kind", ALL)
def test_whatever_is_invented_has_room(kind: SpecimenKind) -> None:
    """Long names and places of 150 people: nothing leaves its page or runs into another field."""
    one = KINDS[kind]
    fake = Faker(one.locale)
    fake.seed_instance(7)
    faces = font_files(one.faces, FONTS)
    for _ in range(150):
        values = one.invent(fake)
        sheet = Sheet(one.width, one.height, 50, faces, one.paper)
        one.draw(sheet, values)
        boxes = sheet.finish(one.mark, next(face for face in one.faces if face.endswith("_bold"))).boxes
        assert set(boxes) == set(one.questions)
        edge = 12 * 50 / 150
        for box in boxes.values():
            assert edge <= min(box.x0, box.y0), values
            assert box.x1 <= one.width * 50 / 150 - edge, values
            assert box.y1 <= one.height * 50 / 150 - edge, values
        met = [(a, b) for a, x in boxes.items() for b, y in boxes.items() if a < b and overlap(x, y)]
        assert not met, values


def test_the_mark_is_printed_and_leaves_every_value_alone() -> None:
    faces = font_files(("mono_bold", "sans_bold"), FONTS)

    def drawn(mark: str) -> Any:
        sheet = Sheet(800, 600, 150, faces, "#ffffff")
        for row in range(6):
            sheet.field(f"f{row}", 60 + 100 * row, 100 * row + 80, "353-721-310 54", Style("mono_bold", 24))
        return sheet.finish(mark, "sans_bold")

    marked, plain = drawn("ОБРАЗЕЦ / SPECIMEN"), drawn(" ")
    assert marked.boxes == plain.boxes
    differs = (marked.pixels != plain.pixels).any(axis=2)
    assert differs.mean() > 0.02
    for box in marked.boxes.values():
        left, top, right, bottom = (round(edge) for edge in box)
        assert not differs[top:bottom, left:right].any()
        assert plain.pixels[top:bottom, left:right].min() < 60  # there is ink in the box


def test_the_same_options_give_the_same_bytes(every_kind: Path, tmp_path: Path) -> None:
    again = tmp_path / "set"
    write_set(again, SpecimensOptions(kinds=ALL, count=8, damaged=2, resolutions=(150, 75)))
    assert contents(again) == contents(every_kind)


def test_a_document_does_not_depend_on_those_beside_it(every_kind: Path, tmp_path: Path) -> None:
    few = tmp_path / "few"
    write_set(few, SpecimensOptions(kinds=ALL, count=4, damaged=2, resolutions=(150, 75)))
    images = {name: data for name, data in contents(few).items() if name.startswith("images/")}
    assert images
    assert images.items() <= contents(every_kind).items()


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    found = []
    for seed in (0, 1):
        write_set(tmp_path / str(seed), SpecimensOptions(count=4, damaged=0, seed=seed))
        found.append([row["answer"] for row in rows(tmp_path / str(seed)) if row["question_type"] == "Номер снилса"])
    assert not set(found[0]) & set(found[1])


def test_few_documents_have_all_kinds_of_damage_and_each_its_clean_twin(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_set(folder, SpecimensOptions(count=10))
    found = rows(folder)
    assert len(found) == 210
    damages: dict[str, set[str]] = {}
    for row in found:
        damages.setdefault(row["data_index"], set()).add(row["damage"])
        assert (row["split"] == "clean") == (row["damage"] == "clean") == (float(row["strength"]) == 0)
    assert all("clean" in kinds and len(kinds) == 2 for kinds in damages.values())
    assert set().union(*damages.values()) == {"clean", *Damage}
    assert {row["resolution"] for row in found} == {"150"}


def test_answers_of_all_images_of_a_document_are_the_same(every_kind: Path) -> None:
    answers: dict[tuple[str, str], set[str]] = {}
    for row in rows(every_kind):
        answers.setdefault((row["data_index"], row["question_type"]), set()).add(row["answer"])
    assert all(len(values) == 1 for values in answers.values())


def test_the_shipped_prompts_ask_for_every_field_and_for_no_other(every_kind: Path) -> None:
    wanted = {f"{kind.doc_class} {field}" for kind in KINDS.values() for field in kind.questions}
    for name in ("human.csv", "short.csv"):
        with (every_kind / "prompts" / name).open(encoding="utf-8", newline="") as file:
            prompts = list(csv.DictReader(file, delimiter=";"))
        assert {row["doc_class_question_type"] for row in prompts} == wanted
        assert len(prompts) == len(wanted)
        assert all(row["prompt"].strip() for row in prompts)
    assert (every_kind / "prompts" / "system.txt").read_text(encoding="utf-8").strip()


def test_sizes_at_150_dpi_are_those_of_the_stages(every_kind: Path) -> None:
    sizes = {}
    for row in rows(every_kind):
        if row["resolution"] == "150" and row["damage"] == "clean":
            with Image.open(every_kind / row["image_path"]) as image:
                sizes[row["doc_class"]] = image.size
    assert sizes["snils"] == (800, 600)
    assert sizes["tin_old"] == (1220, 1524)


def test_totals_of_receipts_add_up() -> None:
    fake = Faker("en_US")
    for seed in range(50):
        fake.seed_instance(seed)
        values = KINDS[SpecimenKind.RECEIPT].invent(fake)
        cents = {name: round(float(values[name]) * 100) for name in ("Subtotal", "Tax", "Total")}
        items = [round(float(price) * 100) for name, price in values.items() if name.startswith("item ")]
        assert sum(items) == cents["Subtotal"]
        assert cents["Subtotal"] + cents["Tax"] == cents["Total"]


def test_a_set_that_is_there_is_recognised_and_another_is_refused(tmp_path: Path) -> None:
    options, folder = SpecimensOptions(count=2, damaged=0), tmp_path / "set"
    assert not is_written(folder, options)
    write_set(folder, options)
    assert is_written(folder, options)
    with pytest.raises(OptionError, match="made of another seed"):
        is_written(folder, options.model_copy(update={"seed": 1}))
    (folder / "specimens.json").unlink()
    with pytest.raises(OptionError, match="not made by this pipeline"):
        is_written(folder, options)


def test_a_missing_font_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=re.escape("apt-get install fonts-liberation fonts-nanum")):
        check_needs(SpecimensOptions(kinds=ALL, fonts=tmp_path))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": "snils+snils"},
        {"kinds": "passport"},
        {"resolutions": "20"},
        {"strengths": "0"},
        {"strengths": "1.5"},
        {"name": "../elsewhere"},
        {"count": 0},
    ],
    ids=str,
)
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SpecimensOptions(**wrong)


def test_options_of_the_command_line() -> None:
    given: dict[str, Any] = {"kinds": "snils+inn", "resolutions": 150, "strengths": "0.3+0.9", "damages": "blur+jpeg"}
    options = SpecimensOptions(**given)
    assert options.set_name == "snils_inn_x10"
    assert (options.resolutions, options.strengths) == ((150,), (0.3, 0.9))
    assert options.damages == (Damage.BLUR, Damage.JPEG)


def test_higher_resolution_is_the_same_page_with_more_pixels(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_set(folder, SpecimensOptions(kinds=("inn",), count=1, damaged=0, resolutions=(150, 300)))
    small, large = (np.asarray(Image.open(path).convert("L")) for path in sorted((folder / "images").iterdir()))
    assert large.shape == (2 * small.shape[0], 2 * small.shape[1])
    halved = large.reshape(small.shape[0], 2, small.shape[1], 2).mean(axis=(1, 3))
    blurred = [cv2.GaussianBlur(page.astype(np.float32), (0, 0), 1.5) for page in (halved, small)]
    assert np.corrcoef(blurred[0].ravel(), blurred[1].ravel())[0, 1] > 0.95

"""All cards of a machine for every stage."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ocr_project.domain.options import (
    EmbeddingOptions,
    FieldsOptions,
    IngestOptions,
    LayoutOptions,
    MatrixOptions,
    RecognitionOptions,
    RuntimeOptions,
    ServerOptions,
    VllmOptions,
)
from ocr_project.domain.options.cards import on_cards

ALL_FOUR = (0, 1, 2, 3)


def servers(options: Any) -> ServerOptions:
    found: ServerOptions = options.vllm
    return found


@pytest.mark.parametrize("section", [RecognitionOptions, EmbeddingOptions, FieldsOptions])
def test_servers_start_on_every_card_with_as_many_requests_for_each(section: Any) -> None:
    before, after = servers(section()), servers(on_cards(section(), ALL_FOUR))
    assert after.gpus == ALL_FOUR
    assert after.requests == 4 * before.requests


def test_requests_of_a_profile_for_two_cards_are_those_of_two() -> None:
    options = RecognitionOptions(vllm=VllmOptions(gpus=(0, 1), requests=512))
    assert on_cards(options, ALL_FOUR).vllm.requests == 1024
    assert on_cards(options, (3,)).vllm.requests == 256


def test_crops_are_cut_by_as_many_processes_for_each_card_where_the_profile_says_how_many() -> None:
    options = EmbeddingOptions.model_validate({"vllm": {"crop_workers": 6}})
    assert on_cards(options, ALL_FOUR).vllm.crop_workers == 24
    assert on_cards(EmbeddingOptions(), ALL_FOUR).vllm.crop_workers == 0, "as many as the machine has cores for"


def test_layout_and_the_matrix_use_them() -> None:
    assert on_cards(LayoutOptions(), ALL_FOUR).pp_doclayout_v3.gpus == ALL_FOUR
    assert on_cards(MatrixOptions(), ALL_FOUR).gpus == ALL_FOUR


def test_servers_that_run_already_stay_as_they_are() -> None:
    options = RecognitionOptions(vllm=VllmOptions(urls=("http://host:8000",)))
    assert on_cards(options, ALL_FOUR).vllm is options.vllm


def test_what_has_no_card_and_no_cards_change_nothing() -> None:
    options = IngestOptions()
    assert on_cards(options, ALL_FOUR) is options
    reading = RecognitionOptions()
    assert on_cards(reading, ()) is reading


@pytest.mark.parametrize(("said", "read"), [("all", "all"), ("0+2", (0, 2)), (3, (3,)), ([1, 2], (1, 2)), ("1", (1,))])
def test_they_are_named_as_on_the_command_line(said: Any, read: Any) -> None:
    assert RuntimeOptions(gpus=said).gpus == read


def test_other_words_are_refused() -> None:
    with pytest.raises(ValidationError):
        RuntimeOptions.model_validate({"gpus": "every"})

"""What a model is trained to answer, for the samples that are used: read back it is what the sample says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_project.domain.options import DialectName
from ocr_project.domain.types import PageFacts, Task
from ocr_project.engine.models.dialects import NoTarget, dialect_of
from ocr_project.engine.models.dialects.otsl import plain_html
from ocr_project.training.samples.front_matter import split_front_matter
from tests.property.test_otsl import tables

PAGES = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n-|`$"), max_size=80)
FACTS = st.builds(
    PageFacts,
    language=st.sampled_from([None, "en", "ko", "zh-cn"]),
    rotation_valid=st.booleans(),
    rotation=st.sampled_from([0, 90, 180, 270]),
    table=st.booleans(),
    diagram=st.booleans(),
)


@pytest.mark.parametrize("name", [DialectName.OLMOCR, DialectName.OLMOCR_QWEN3_VL])
@given(text=PAGES, facts=FACTS)
def test_a_page_with_front_matter_goes_there_and_back(name: DialectName, text: str, facts: PageFacts) -> None:
    dialect = dialect_of("x", name)
    target = dialect.target_for(text, Task.TEXT, page=True, facts=facts)
    assert dialect.read(target, Task.TEXT, page=True).text == text.strip()
    assert split_front_matter(target) == (facts, text.strip()), "what is trained is what olmOCR's files say"


@given(tables())
def test_a_table_is_trained_as_otsl_and_as_html(html: str) -> None:
    for name, normal in ((DialectName.PADDLEOCR_VL, plain_html), (DialectName.GLM_OCR, str), (DialectName.CHAT, str)):
        dialect = dialect_of("x", name)
        target = dialect.target_for(html, Task.TABLE)
        assert dialect.read(target, Task.TABLE).text == normal(html)


@given(PAGES)
def test_a_text_is_trained_as_it_is_or_refused(text: str) -> None:
    dialect = dialect_of("x", DialectName.PADDLEOCR_VL)
    try:
        target = dialect.target_for(text, Task.TEXT)
    except NoTarget:
        target = ""
        assert text.strip().startswith("```"), "only a fence around all of it cannot be said"
    else:
        assert dialect.read(target, Task.TEXT).text == text.strip() == target

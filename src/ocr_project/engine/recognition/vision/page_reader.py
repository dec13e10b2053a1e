"""One page read: crops cut, questions asked, answers judged, asked again where they are faulty, rows written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from ocr_project.domain.options import ServerOptions, VisionModelOptions
from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Status, Task, TextFormat
from ocr_project.engine.models import (
    Asker,
    ChatAnswer,
    ChatRequest,
    Crop,
    CropJob,
    Dialect,
    Fault,
    Outcome,
    PageTurn,
    ReadText,
    Session,
    all_of,
    unfenced,
)
from ocr_project.engine.recognition.vision.planning import CropRequest, unread
from ocr_project.engine.recognition.vision.whole_page import remainder

Rows: TypeAlias = dict[int, Recognition]

_REPEATS = {Task.TABLE: 8, Task.SPOTTING: 8}  # empty rows of a form, and corners of lines, are not a loop
_READABLE = frozenset({Status.OK, Status.EMPTY})


class PageReader:
    """Reads pages; many at once, on one loop."""

    def __init__(
        self, session: Session[ChatRequest, ChatAnswer], dialect: Dialect, options: VisionModelOptions
    ) -> None:
        """Read with a model.

        Args:
            session: To it.
            dialect: How it is spoken to.
            options: Limits and retries.
        """
        self._session = session
        self._dialect = dialect
        self._options = options
        room = options.max_model_len if isinstance(options, ServerOptions) else None
        self._asker = Asker(session, options.temperatures, loops=options.loops, room=room)

    async def read(self, page: Page, wanted: Sequence[CropRequest]) -> Rows:
        """Ask for regions of a page.

        Returns:
            A row for each, by its place.
        """
        if page.image is None or not wanted:
            return {}
        with self._session.page() as turn:
            async with self._session.preparing:
                crops = await self._cut(page, wanted)
            if isinstance(crops, str):
                return {item.place: unread(item.region, Status.FAILED, crops) for item in wanted}
            outcomes = await _joined([self._start(turn, *each) for each in zip(crops, wanted, strict=True)])
            rows = {item.place: self._row(item, outcome) for item, outcome in zip(wanted, outcomes, strict=True)}
            if self._options.whole_page and any(self._may_rescue(rows[item.place], item) for item in wanted):
                rows |= await self._rescue(page, turn, wanted, rows)
        return rows

    async def _cut(self, page: Page, wanted: Sequence[CropRequest]) -> list[Crop] | str:
        trim = self._options.trim_pages
        jobs = [
            CropJob(item.region, bands=item.task is Task.TEXT and not item.question, trimmed=trim and item.is_page)
            for item in wanted
        ]
        return await self._session.cut(page.image or b"", jobs)

    def _start(self, turn: PageTurn, crop: Crop, item: CropRequest) -> list[asyncio.Task[Outcome]]:
        """Ask for the bands of a crop, each when it is its turn."""
        if not crop.images:
            return [asyncio.create_task(_nothing(crop.reason))]
        return [self._session.start(turn, len(image), self._ask, image, item) for image in crop.images]

    async def _ask(self, image: bytes, item: CropRequest) -> Outcome:
        return await self._asker.ask(
            ChatRequest(
                image=image,
                prompt=item.question or self._dialect.prompt_for(item.task, page=item.is_page),
                temperature=0.0,
                max_tokens=self._limit(item),
                most_repeats=_REPEATS.get(item.task, 3),
            )
        )

    def _limit(self, item: CropRequest) -> int:
        limits = self._options.max_tokens
        if item.is_page and not item.question:
            return limits.page
        by_task = {Task.TABLE: limits.table, Task.FORMULA: limits.formula, Task.SPOTTING: limits.page}
        return by_task.get(item.task, limits.text)

    def _row(self, item: CropRequest, outcome: Outcome) -> Recognition:
        text, format_ = self._read(outcome.text, item)
        status, reason = outcome.status, outcome.reason
        if status is Status.OK and not text.strip():
            status, reason = Status.EMPTY, "no text found"
        return Recognition(
            page_id=item.region.page_id,
            index=item.region.index,
            text=text,
            format=format_ if text else TextFormat.TEXT,
            attempts=outcome.attempts,
            seconds=outcome.seconds,
            prompt_tokens=outcome.prompt_tokens,
            completion_tokens=outcome.completion_tokens,
            finish_reason=outcome.finish_reason,
            status=status,
            reason=reason,
        )

    def _read(self, answer: str, item: CropRequest) -> ReadText:
        """Turn what the model said into the text of a row; an answer to a question stays as it was said."""
        if item.question:
            return ReadText(unfenced(answer).strip(), TextFormat.TEXT)
        return self._dialect.read(answer, item.task, page=item.is_page)

    def _may_rescue(self, row: Recognition, item: CropRequest) -> bool:
        """Say whether a model failed at a region; where the server failed, the page would fail too."""
        faults = (Fault.LOOP.reason, Fault.CUT.reason)
        return (
            row.status is Status.FAILED
            and row.reason in faults
            and item.region.label is not Label.PAGE
            and not item.question
        )

    async def _rescue(
        self, page: Page, turn: PageTurn, wanted: Sequence[CropRequest], rows: dict[int, Recognition]
    ) -> dict[int, Recognition]:
        """Look for the regions that failed in the answer for the whole page; the first gets what is found."""
        whole = _page_request(page, wanted[0].region)
        crops = await self._cut(page, [whole])
        if isinstance(crops, str):
            return {}
        (outcome,) = await _joined([self._start(turn, crops[0], whole)])
        failed = [item for item in wanted if self._may_rescue(rows[item.place], item)]
        others = [rows[item.place].text for item in wanted if rows[item.place].status in _READABLE]
        found = ""
        if outcome.status is Status.OK:
            text = self._dialect.read(outcome.text, whole.task, page=whole.is_page).text
            found = remainder(text, others, first=failed[0] == wanted[0], last=failed[-1] == wanted[-1])
        return {
            item.place: _rescued(rows[item.place], found if item is failed[0] else "", failed[0], outcome)
            for item in failed
            if found or item is failed[0]
        }


def _rescued(row: Recognition, text: str, first: CropRequest, outcome: Outcome) -> Recognition:
    """Write a region's row anew after the whole page was asked for; what that took is counted at the first."""
    if row.index != first.region.index:
        return replace(
            row, text="", status=Status.SKIPPED, reason=f"{row.reason}; read with region {first.region.index}"
        )
    spent = replace(
        row,
        attempts=row.attempts + outcome.attempts,
        seconds=row.seconds + outcome.seconds,
        prompt_tokens=row.prompt_tokens + outcome.prompt_tokens,
        completion_tokens=row.completion_tokens + outcome.completion_tokens,
    )
    if not text:
        return replace(spent, reason=f"{row.reason}; nor is it in the answer for the whole page")
    note = f"{row.reason}; taken from the answer for the whole page"
    return replace(spent, text=text, format=TextFormat.TEXT, status=Status.OK, reason=note)


def _page_request(page: Page, region: Region) -> CropRequest:
    box = Box(0, 0, page.width, page.height)
    return CropRequest(0, Region(region.page_id, region.index, Label.PAGE, "page", box), Task.TEXT)


async def _nothing(reason: str) -> Outcome:
    return Outcome(status=Status.EMPTY, reason=reason)


async def _joined(groups: Sequence[Sequence[asyncio.Task[Outcome]]]) -> list[Outcome]:
    """Wait for all bands of all crops, and join the bands of each."""
    await all_of([task for group in groups for task in group])
    return [_one([task.result() for task in group]) for group in groups]


def _one(parts: Sequence[Outcome]) -> Outcome:
    """Join the bands of a region: the worst of them decides on its status."""
    if len(parts) == 1:
        return parts[0]
    failed = next((part for part in parts if part.status is Status.FAILED), None)
    spoken = [part for part in parts if part.status is Status.OK]
    decides = failed or (spoken[0] if spoken else parts[0])
    return replace(
        decides,
        text="\n".join(part.text.strip("\n") for part in parts if part.text),
        attempts=sum(part.attempts for part in parts),
        seconds=sum(part.seconds for part in parts),
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        completion_tokens=sum(part.completion_tokens for part in parts),
    )

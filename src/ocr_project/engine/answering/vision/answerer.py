"""The answerer of all vision-language models: the image of a page is prepared once, and sent with each question.

The image stands before the question and the system text before both, so that a server with prefix caching computes the
image once for all questions about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeAlias

from ocr_project.domain.causes import cause_of
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options.fields import AnsweringModelOptions, FieldsVllmOptions
from ocr_project.domain.types import Answer, Asked, Box, Identity, Label, Page, Region, Status
from ocr_project.engine.answering.rows import unasked, without_image
from ocr_project.engine.models import (
    Asker,
    ChatAnswer,
    ChatRequest,
    CropJob,
    Outcome,
    Session,
    Transport,
    Turns,
    all_of,
    dialect_of,
    fit_of,
    image_tokens,
    name_in_identity,
    unfenced,
)

Told: TypeAlias = Callable[[Answer], None]

VERSION = "1"
_PROMPT_TOKENS = 1024  # of prompt, system text and the chat around them, at most: those that are known take 400
_NO_ANSWERS = "models of the dialect {name} read, and do not answer such questions: choose a chat model"


class VisionAnswerer:
    """Answers questions with a vision-language model. Nothing starts before the first page."""

    def __init__(
        self,
        identity: Identity,
        options: AnsweringModelOptions,
        max_pixels: int | None,
        system: str,
        transport: Transport[ChatRequest, ChatAnswer],
        requests: int,
    ) -> None:
        """Start nothing.

        Args:
            identity: See `identity_of`.
            options: Dialect, limits, retries.
            max_pixels: Most pixels of an image; None: as the dialect says.
            system: The system text; empty: none.
            transport: To the model; closed with the answerer.
            requests: In flight at once.
        """
        self._identity = identity
        self._dialect = dialect_of(options.model, options.dialect)
        self._system = system
        self._max_tokens = options.max_tokens
        fit = fit_of(self._dialect, max_pixels, options.jpeg_quality)
        self.session = Session(
            "answerer",
            transport,
            fit,
            turns=Turns(requests, longest_first=False),
            crop_workers=options.crop_workers,
            crop_memory=int(options.crop_memory_gib * 2**30),
        )
        room = options.max_model_len if isinstance(options, FieldsVllmOptions) else None
        self._asker = Asker(self.session, options.temperatures, loops=options.loops, room=room)

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def in_flight_pages(self) -> int:
        return self.session.in_flight_pages

    def submit(self, page: Page, asked: Sequence[Asked], told: Told | None = None) -> Future[list[Answer]]:
        """Answer the questions about one page, without waiting for them.

        Args:
            page: With its image.
            asked: The questions.
            told: Called with each answer as soon as it is there, from the session's thread: it must not wait.

        Returns:
            What `answer` returns; it raises BackendError where no question can be answered any more.
        """
        return self.session.submit(self._answer, page, asked, told)

    def answer(self, page: Page, asked: Sequence[Asked]) -> list[Answer]:
        return self.submit(page, asked).result()

    def close(self) -> None:
        """Stop all that was started; questions in flight are cancelled. Idempotent."""
        self.session.close()

    async def _answer(self, page: Page, asked: Sequence[Asked], told: Told | None) -> list[Answer]:
        if page.image is None:
            return without_image(page, asked)
        rows = {
            one.question_id: unasked(page, [one], Status.SKIPPED, _NO_ANSWERS.format(name=self._dialect.name))[0]
            for one in asked
            if not self._dialect.can_answer(one.prompt)
        }
        wanted = [one for one in asked if one.question_id not in rows]
        rows |= {row.question_id: row for row in await self._asked(page, page.image, wanted, told)}
        return [rows[one.question_id] for one in asked]

    async def _asked(self, page: Page, image: bytes, wanted: Sequence[Asked], told: Told | None) -> list[Answer]:
        if not wanted:
            return []
        with self.session.page() as turn:
            async with self.session.preparing:
                cut = await self.session.cut(image, [CropJob(_whole(page), bands=False)])
            if isinstance(cut, str):
                return unasked(page, wanted, Status.FAILED, cut)
            if not cut[0].images:
                return unasked(page, wanted, Status.EMPTY, cut[0].reason)
            seen = cut[0].images[0]
            size = len(seen) // len(wanted)  # they share it
            return await all_of([self.session.start(turn, size, self._ask, page, seen, one, told) for one in wanted])

    async def _ask(self, page: Page, image: bytes, one: Asked, told: Told | None) -> Answer:
        answer = _row(page, one, await self._asker.ask(self._request(image, one)))
        if told is not None:
            told(answer)
        return answer

    def _request(self, image: bytes, one: Asked) -> ChatRequest:
        return ChatRequest(image, one.prompt, 0.0, self._max_tokens, system=self._system)


def check_room(options: FieldsVllmOptions, max_pixels: int | None) -> None:
    """See that the longest prompt and the longest answer fit into a server together, or it refuses each such request.

    Raises:
        OptionError: They do not: says what to change.
    """
    dialect = dialect_of(options.model, options.dialect)
    image = image_tokens(dialect, fit_of(dialect, max_pixels, options.jpeg_quality))
    if (needed := image + _PROMPT_TOKENS + options.max_tokens) > options.max_model_len:
        raise OptionError(
            f"fields.vllm.max_model_len ({options.max_model_len}) is too short: an answer of max_tokens"
            f" ({options.max_tokens}), an image of fields.max_pixels ({image} tokens) and its prompt need {needed};"
            " raise it, or lower one"
        )


def identity_of(
    name: str, version: str, options: AnsweringModelOptions, max_pixels: int | None, system: str, **more: object
) -> Identity:
    """Return the identity of an answerer: all that changes what is answered, but for the prompts themselves.

    Args:
        name: Of the backend.
        version: Of its library and its model.
        options: All but those of speed.
        max_pixels: As the option says it.
        system: The system text.
        more: What only this backend has.
    """
    dialect = dialect_of(options.model, options.dialect)
    fit = fit_of(dialect, max_pixels, options.jpeg_quality)
    return Identity(
        name,
        f"{VERSION} {version}",
        {
            "model": name_in_identity(options.model),
            "dialect": f"{dialect.name}-{dialect.version}",
            "pixels": [fit.least_pixels, fit.most_pixels],
            "jpeg_quality": options.jpeg_quality,
            "max_tokens": options.max_tokens,
            "temperatures": list(options.temperatures) if options.loops else [],
            "loops": options.loops,
            "system": hashlib.sha256(system.encode()).hexdigest()[:16] if system else "",
            **more,
        },
    )


def _whole(page: Page) -> Region:
    return Region(page.page_id, 0, Label.PAGE, "page", Box(0, 0, page.width, page.height))


def _row(page: Page, one: Asked, outcome: Outcome) -> Answer:
    text = unfenced(outcome.text).strip()
    status, reason = outcome.status, outcome.reason
    if status is Status.OK and not text:
        status, reason = Status.EMPTY, "the model answered nothing"
    return Answer(
        question_id=one.question_id,
        page_id=page.page_id,
        text=text,
        status=status,
        reason=reason,
        cause=cause_of(reason) if status is Status.FAILED else None,
        seconds=outcome.seconds,
        prompt_tokens=outcome.prompt_tokens,
        tokens=outcome.completion_tokens,
        attempts=outcome.attempts,
    )

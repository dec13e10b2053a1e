"""The recognizer of all vision-language models: pages in, rows out, many pages at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import VisionModelOptions, VllmOptions
from ocr_project.domain.types import Identity, Page, Recognition, Region, Task
from ocr_project.engine.models import (
    ChatAnswer,
    ChatRequest,
    Session,
    Transport,
    Turns,
    dialect_of,
    fit_of,
    image_tokens,
    name_in_identity,
)
from ocr_project.engine.recognition.vision.page_reader import PageReader
from ocr_project.engine.recognition.vision.planning import plan_page

VERSION = "2"
_PROMPT_TOKENS = 512  # of the text of a prompt and of the chat around it, at most: olmOCR's takes 150


class VisionRecognizer:
    """Reads regions with a vision-language model. Nothing starts before the first page."""

    def __init__(
        self,
        identity: Identity,
        options: VisionModelOptions,
        tasks: Mapping[str, Task],
        transport: Transport[ChatRequest, ChatAnswer],
        requests: int,
    ) -> None:
        """Start nothing.

        Args:
            identity: See `identity_of`.
            options: Dialect, limits, retries.
            tasks: `recognition.tasks`.
            transport: To the model; closed with the recognizer.
            requests: In flight at once.
        """
        self._identity = identity
        self._tasks = dict(tasks)
        self._dialect = dialect_of(options.model, options.dialect)
        fit = fit_of(self._dialect, options.max_pixels, options.jpeg_quality)
        self.session = Session(
            "recognizer",
            transport,
            fit,
            turns=Turns(requests, longest_first=True),
            crop_workers=options.crop_workers,
            crop_memory=int(options.crop_memory_gib * 2**30),
        )
        self._reader = PageReader(self.session, self._dialect, options)

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def in_flight_pages(self) -> int:
        return self.session.in_flight_pages

    def submit(self, page: Page, regions: Sequence[Region]) -> Future[list[Recognition]]:
        """Read the regions of one page, without waiting for them.

        Returns:
            What `recognize` returns; it raises BackendError where no page can be read any more.
        """
        return self.session.submit(self._read, page, regions)

    def recognize(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        return self.submit(page, regions).result()

    def close(self) -> None:
        """Stop all that was started; pages in flight are cancelled. Idempotent."""
        self.session.close()

    async def _read(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        wanted, rows = plan_page(page, regions, self._tasks, self._dialect)
        rows |= await self._reader.read(page, wanted)
        return [rows[place] for place in range(len(regions))]


def check_limits(options: VllmOptions) -> None:
    """See that the longest prompt and the longest answer fit into a server together, or it refuses each such request.

    Raises:
        OptionError: They do not: says what to change.
    """
    dialect = dialect_of(options.model, options.dialect)
    image = image_tokens(dialect, fit_of(dialect, options.max_pixels, options.jpeg_quality))
    task, limit = max(options.max_tokens.model_dump().items(), key=lambda each: each[1])
    if (needed := image + _PROMPT_TOKENS + limit) > options.max_model_len:
        raise OptionError(
            f"recognition.vllm.max_model_len ({options.max_model_len}) is too short: an answer of max_tokens.{task}"
            f" ({limit}), an image of max_pixels ({image} tokens) and its prompt need {needed}; raise it, or lower one"
        )


def identity_of(
    name: str, version: str, options: VisionModelOptions, tasks: Mapping[str, Task], **more: object
) -> Identity:
    """Return the identity of a recognizer: all that changes what is read.

    Args:
        name: Of the backend.
        version: Of its library and its model.
        options: All but those of speed.
        tasks: `recognition.tasks`.
        more: What only this backend has.
    """
    dialect = dialect_of(options.model, options.dialect)
    fit = fit_of(dialect, options.max_pixels, options.jpeg_quality)
    return Identity(
        name,
        f"{VERSION} {version}",
        {
            "model": name_in_identity(options.model),
            "dialect": f"{dialect.name}-{dialect.version}",
            "pixels": [fit.least_pixels, fit.most_pixels],
            "jpeg_quality": options.jpeg_quality,
            "max_tokens": options.max_tokens.model_dump(),
            "temperatures": list(options.temperatures) if options.loops else [],
            "loops": options.loops,
            "whole_page": options.whole_page,
            "tasks": {label: task.value for label, task in tasks.items()},
            **({"trim_pages": True} if options.trim_pages else {}),  # what was read before it could be said stays
            **more,
        },
    )

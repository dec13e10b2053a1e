"""What proposes prompts: a model behind a server, a model in this process, or a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ocr_project.bench.fields.prompts import key_of
from ocr_project.bench.prompt_search.tried import Proposed
from ocr_project.domain.causes import Cause, cause_of
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import LocalChatOptions
from ocr_project.domain.options.prompt_search import GeneratorBackend, PromptSearchOptions
from ocr_project.domain.types import Identity, Prompt
from ocr_project.engine.models.event_loop import LoopThread
from ocr_project.engine.models.locate import name_in_identity
from ocr_project.engine.models.messages import ChatAnswer, ChatRequest, RequestFailed
from ocr_project.engine.models.transport import Transport
from ocr_project.storage.given_table import read_given_table

VERSION = "1"
_KEY, _TEXT = "doc_class_question_type", "prompt"


class Generator(Protocol):
    """Proposes prompts for fields."""

    @property
    def identity(self) -> Identity: ...

    def propose(self, kind: tuple[str, str], number: int, shown: str) -> Proposed | None:
        """Return a proposal; None where there are no more.

        Args:
            kind: Document type and field.
            number: Of the proposal for this field, from 1.
            shown: What a model is asked.

        Raises:
            BackendError: There will be no more proposals at all.
        """
        ...

    def close(self) -> None:
        """Stop all that was started. Idempotent."""
        ...


def build_generator(options: PromptSearchOptions) -> Generator:
    """Build the generator that the options name; nothing is started.

    Raises:
        BackendError: Something that it needs is missing.
        OptionError: No file of candidates is named.
        SourceError: The file cannot be used.
    """
    match options.generator:
        case GeneratorBackend.FILE:
            if options.candidates is None:
                raise OptionError(
                    "prompt_search.candidates is empty: name a file of prompts, or a model in prompt_search.generator"
                )
            return FileGenerator(options.candidates)
        case GeneratorBackend.VLLM:
            from ocr_project.engine.models import ServedChat, find_served_model

            served = options.vllm
            version = find_served_model(served).version
            return ModelGenerator(ServedChat(served), _identity("vllm", version, served.model, options), options)
        case GeneratorBackend.TRANSFORMERS:
            from ocr_project.engine.models import find_local_model

            local = options.transformers
            option = "prompt_search.transformers"
            found = find_local_model(local.model, local.revision, option=option, dummy=local.dummy_weights)
            identity = _identity("transformers", found.version, local.model, options)
            return ModelGenerator(_local(local), identity, options)


class FileGenerator:
    """Proposes what a person, or a program elsewhere, has written."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Args:
            path: CSV with `prompt` and `doc_class_question_type`; a row with an empty key is for all fields.

        Raises:
            SourceError: It is not there, or lacks a column.
        """
        if not path.is_file():
            raise SourceError(f"prompt_search.candidates: there is no file {path}")
        table = read_given_table(path)
        if lacking := [name for name in (_KEY, _TEXT) if name not in table.columns]:
            raise SourceError(f"{path} has no column {' and '.join(lacking)}; it has {', '.join(table.columns)}")
        self._rows = [(" ".join(row.cells[_KEY].split()), row.cells[_TEXT].strip()) for row in table.rows]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        self.identity = Identity("file", VERSION, {"candidates": digest})

    def propose(self, kind: tuple[str, str], number: int, shown: str) -> Proposed | None:
        key = key_of(Prompt(*kind, ""))
        mine = [text.replace("{field}", kind[1]) for name, text in self._rows if name in ("", key) and text]
        return Proposed(mine[number - 1]) if number <= len(mine) else None

    def close(self) -> None:
        """Nothing was started."""


class ModelGenerator:
    """Proposes what a model writes."""

    def __init__(
        self, transport: Transport[ChatRequest, ChatAnswer], identity: Identity, options: PromptSearchOptions
    ) -> None:
        """Start nothing.

        Args:
            transport: To the model; closed with the generator.
            identity: Of the model and how it is asked.
            options: Temperature and length of a proposal.
        """
        self.identity = identity
        self._transport = transport
        self._options = options
        self._loop: LoopThread | None = None

    def propose(self, kind: tuple[str, str], number: int, shown: str) -> Proposed | None:
        self._loop = self._loop or LoopThread("generator-loop")
        request = ChatRequest(b"", shown, self._options.temperature, self._options.max_tokens)
        try:
            answer = self._loop.call(self._transport.ask(request))
        except RequestFailed as failed:
            return Proposed("", str(failed), again=cause_of(str(failed)) is Cause.CIRCUMSTANCE)
        return Proposed(answer.text, tokens=answer.completion_tokens, prompt_tokens=answer.prompt_tokens)

    def close(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            try:
                loop.cancel_all()
                loop.call(self._transport.aclose())
            finally:
                loop.close()


def _identity(name: str, version: str, model: str, options: PromptSearchOptions) -> Identity:
    asked = {"temperature": options.temperature, "max_tokens": options.max_tokens, "model": name_in_identity(model)}
    return Identity(name, f"{VERSION} {version}", asked)


def _local(options: LocalChatOptions) -> Transport[ChatRequest, ChatAnswer]:
    from ocr_project.engine.models import LocalTransport

    def load() -> Callable[[Sequence[ChatRequest]], list[ChatAnswer]]:
        from ocr_project.engine.models.local.chat import LocalChat

        return LocalChat(options, image_first=True, option="prompt_search.transformers").answer

    return LocalTransport(load, 1, alike=lambda request: request.max_tokens)

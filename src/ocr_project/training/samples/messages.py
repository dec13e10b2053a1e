"""Conversations in JSON or JSONL: an image, what is asked, what is answered. Each line or element is one sample.

    Qwen     {"image": "a.png", "conversations": [{"from": "human", "value": "<image>\\n…"}, {"from": "gpt", …}]};
             a packed element is a list of such ones, each a sample
    ERNIE    {"image_info": [{"image_url": …}],
              "text_info": [{"text": …, "tag": "mask"}, {"text": …, "tag": "no_mask"}]}
    chat     {"messages": [{"role": "user", "content": "…" or [{"type": "image", …}, {"type": "text", …}]}, …]}, with
             or without {"images": ["a.png"]}

A prompt of a known model is understood: `Table Recognition:` is the task table, and OTSL behind it becomes HTML, so
that any model can be trained on it. Another prompt is kept word for word as the sample's question.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import DialectName
from ocr_project.domain.types import PageFacts, Status, Task, TextFormat
from ocr_project.engine.models.dialects import Dialect, dialect_of
from ocr_project.storage.given_text import is_given
from ocr_project.training.samples.front_matter import split_front_matter
from ocr_project.training.samples.source import Entry, Found, ListedSource, Refused, digest_of, file_mark, page_free

_ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}
_IMAGE_MARKS = ("<image>", "<|image_pad|>", "<image_placeholder>")
_SYSTEM = "You are a helpful assistant."  # Qwen's own: a chat template writes it whether it is given or not
_DATA = "data:"
_JSON_LINES = (".jsonl", ".ndjson")
_READ_TASKS = (Task.TEXT, Task.TABLE, Task.FORMULA)


@dataclass(frozen=True, slots=True)
class Asked:
    """One exchange, whatever its form was."""

    image: str
    question: str
    answer: str


def open_messages(label: str, path: Path, images: Path | None) -> ListedSource[object]:
    """List the samples of a file, or of the JSON files in a folder.

    Args:
        label: See `SampleSource.label`.
        path: The file or folder.
        images: Folder of the images. None: the folder of the file.

    Raises:
        SourceError: There is no such file, or it cannot be read.
    """
    files = [path] if path.is_file() else sorted(p for end in (*_JSON_LINES, ".json") for p in path.rglob(f"*{end}"))
    if not files:
        raise SourceError(f"training_data.sources: {path} is not a JSON file, nor a folder with any")
    entries = [entry for file in files for entry in _entries(file, images or file.parent)]
    return ListedSource(label, entries, lambda value: value() if callable(value) else _raise(value))


def _entries(file: Path, root: Path) -> Iterator[Entry[object]]:
    for place, element in _elements(file):
        try:
            asked = _asked(element)
            image = None if asked.image.startswith(_DATA) else _image_path(asked.image, root)
        except Refused as refused:
            yield Entry(place, place, digest_of(repr(element)), refused)
            continue
        mark = f"{digest_of(repr(element))} {file_mark(image)}"
        yield Entry(place, _document(asked.image, place), mark, _Reading(asked, image, root))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What an entry needs to be read."""

    asked: Asked
    image: Path | None
    root: Path

    def __call__(self) -> Found:
        asked = self.asked
        if not asked.answer.strip():
            raise Refused("empty_answer", "there is nothing to learn: the answer is empty", Status.EMPTY)
        picture = _decoded(asked.image) if self.image is None else self._inside(self.image)
        understood = _understood(asked)
        return Found(
            picture,
            task=understood.task,
            whole_page=understood.whole_page,
            question=understood.question,
            answer=understood.answer,
            format=understood.format,
            facts=understood.facts,
        )

    def _inside(self, image: Path) -> Path:
        if not is_given(image, self.root):
            raise Refused("no_image", f"{self.asked.image} is not below {self.root}; set training_data.images")
        return image


def _raise(value: object) -> Found:
    assert isinstance(value, Refused)
    raise value


def _elements(file: Path) -> Iterator[tuple[str, object]]:
    """Yield what a file holds; a line that is not JSON is yielded as the error that it is.

    The suffix does not say whether it has one element a line: ERNIE's own examples are lists in files called `.jsonl`.
    """
    if _is_lines(file):
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield from _unpacked(f"{file.name}#{number:07d}", _loaded(line))
        return
    found = _loaded(file.read_bytes())
    if isinstance(found, Refused):
        raise SourceError(f"training_data.sources: {file}: {found}")
    for number, element in enumerate(found if isinstance(found, list) else [found], 1):
        yield from _unpacked(f"{file.name}#{number:07d}", element)


def _is_lines(file: Path) -> bool:
    """Whether a file has more than one line, and the first one that is not blank is JSON by itself.

    A first line that is not JSON in a file called `.jsonl` is one that is damaged, unless the file begins as a list.
    """
    with file.open("rb") as lines:
        first = next((line for line in lines if line.strip()), b"")
        more = any(line.strip() for line in lines)
    if not more:
        return isinstance(_loaded(first), Refused) and file.suffix.lower() in _JSON_LINES
    begins_a_list = first.lstrip(b"\xef\xbb\xbf \t").rstrip() in (b"[", b"[{")
    return not isinstance(_loaded(first), Refused) or (file.suffix.lower() in _JSON_LINES and not begins_a_list)


def _loaded(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return Refused("not_json", f"it is not JSON in UTF-8 ({error})", Status.FAILED)


def _unpacked(place: str, element: object) -> Iterator[tuple[str, object]]:
    """Yield the samples of a packed element; training packs anew, by tokens."""
    if isinstance(element, list):
        yield from ((f"{place}.{number:03d}", one) for number, one in enumerate(element, 1))
    else:
        yield place, element


def _asked(element: object) -> Asked:
    """Take an element apart.

    Raises:
        Refused: It is of no known form, or not one question about one image.
    """
    if isinstance(element, Refused):
        raise element
    if not isinstance(element, Mapping):
        raise Refused("form", "it is not an object in JSON", Status.FAILED)
    if element.get("tools") or any(_calls(element)):
        raise Refused("tools", "the answer calls tools, which are not text of the image")
    try:
        if "conversations" in element:
            return _one_exchange(_images(element), [(m["from"], m["value"]) for m in element["conversations"]])
        if "text_info" in element:
            return _ernie(element)
        if "messages" in element:
            return _chat(element)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise Refused("form", f"a field is missing, or not what it should be ({error!r})", Status.FAILED) from error
    raise Refused("form", "it has neither conversations, text_info nor messages", Status.FAILED)


def _calls(element: Mapping[str, Any]) -> Iterator[bool]:
    for name in ("text_info", "messages"):
        for turn in element.get(name) or () if isinstance(element.get(name), list) else ():
            yield isinstance(turn, Mapping) and bool(turn.get("tool_calls"))


def _images(element: Mapping[str, Any]) -> list[str]:
    given = element.get("image") or element.get("images") or []
    if element.get("video") or element.get("videos"):
        raise Refused("video", "a video is not an image of a page")
    return [
        str(one["path"] if isinstance(one, Mapping) else one) for one in ([given] if isinstance(given, str) else given)
    ]


def _ernie(element: Mapping[str, Any]) -> Asked:
    images = [str(info["image_url"]) for info in element.get("image_info") or []]
    turns = [("user" if info["tag"] == "mask" else "assistant", info["text"]) for info in element["text_info"]]
    return _one_exchange(images, turns)


def _chat(element: Mapping[str, Any]) -> Asked:
    images, turns = _images(element), []
    for message in element["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            if part["type"] in ("image", "image_url", "input_image"):
                given = part.get("image") or part.get("image_url") or part.get("url")
                images.append(str(given["url"] if isinstance(given, Mapping) else given))
        turns.append((message["role"], "".join(part["text"] for part in parts if part["type"] == "text")))
    return _one_exchange(images, turns)


def _one_exchange(images: Sequence[str], turns: Sequence[tuple[str, str]]) -> Asked:
    roles = [_ROLES.get(role, role) for role, _ in turns]
    texts = [text for _, text in turns]
    if roles[:1] == ["system"]:
        if texts[0].strip() not in ("", _SYSTEM):
            raise Refused("system_prompt", f"it has a system prompt of its own: {texts[0][:80]!r}")
        roles, texts = roles[1:], texts[1:]
    if roles != ["user", "assistant"]:
        raise Refused(
            "turns", f"{len(roles)} turns ({', '.join(roles[:6])}), where one question and its answer are wanted"
        )
    if len(images) != 1:
        raise Refused("images", f"{len(images)} images, where one is wanted")
    question = texts[0]
    for mark in _IMAGE_MARKS:
        question = question.replace(mark, "")
    return Asked(images[0], question.strip(), texts[1])


@dataclass(frozen=True, slots=True)
class _Understood:
    """An exchange in the words of this project."""

    task: Task
    whole_page: bool
    question: str
    answer: str
    format: TextFormat
    facts: PageFacts | None = None


def _understood(asked: Asked) -> _Understood:
    known = _prompts().get(asked.question)
    if known is None:
        return _Understood(Task.TEXT, False, asked.question, asked.answer.strip(), TextFormat.TEXT)
    dialect, task, whole_page = known
    if whole_page and asked.answer.startswith("---\n"):
        facts, text = split_front_matter(asked.answer)
        return _Understood(task, True, "", text, TextFormat.MARKDOWN, facts)
    read = dialect.read(asked.answer, task, page=whole_page)
    return _Understood(task, whole_page, "", read.text, read.format)


@cache
def _prompts() -> Mapping[str, tuple[Dialect, Task, bool]]:
    """Return which dialect asks which task by a prompt; one that stands for a region and for a page is of a region.

    Of dialects that share a prompt PaddleOCR-VL's goes first: it reads tables in OTSL, and in HTML like the others.
    """
    found: dict[str, tuple[Dialect, Task, bool]] = {}
    names = sorted(set(DialectName) - {DialectName.AUTO}, key=lambda name: name is not DialectName.PADDLEOCR_VL)
    for dialect in (dialect_of("", name) for name in names):
        whole = dialect.prompt_for(Task.TEXT, page=True)
        prompts = {dialect.prompt_for(task): (dialect, task, False) for task in reversed(_READ_TASKS)}
        if len(prompts) == 1:  # it asks for everything by the one prompt that is about pages
            prompts = {}
        found = {whole: (dialect, Task.TEXT, True), **prompts, **found}
    return found


def _image_path(named: str, root: Path) -> Path:
    """Return where an image should be: as named, else by the end of its name below the folder.

    Raises:
        Refused: It is elsewhere in the world.
    """
    if "://" in named and not named.startswith("file://"):
        raise Refused("remote_image", f"{named[:80]} is not a file; get the images first")
    path = Path(named.removeprefix("file://").replace("\\", "/"))
    if not path.is_absolute() or path.is_relative_to(root.resolve()):
        return root / path
    by_name = root / path.name  # written on another machine
    return by_name if by_name.is_file() else path


def _decoded(named: str) -> bytes:
    try:
        return base64.b64decode(named.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise Refused("no_image", f"the image in the text is not base64 ({error})", Status.FAILED) from error


def _document(named: str, place: str) -> str:
    if named.startswith(_DATA):
        return place
    path = Path(named.removeprefix("file://").replace("\\", "/"))
    return page_free((path.parent.name + "/" if path.parent.name else "") + path.stem)

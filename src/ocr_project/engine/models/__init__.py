"""One way to a model. Neutral: recognition, embedding, bench and training use it.

transport    the one interface below which a model exists: `ask` and `aclose`
session      what a backend has while it works: loop, crops, requests in flight
turns        which of the requests that wait is sent next
messages     requests and answers, whatever the transport
dialects/    how each model is asked, what its answers look like, what it is trained to answer
asking       one question until an answer is sound: asked again along a ladder of temperatures
faults       what is wrong with an answer: loops, cuts, silence
crops/       crops of regions, cut and encoded in worker processes
fitting      which sizes images get, and how many tokens they take
served/      servers of our own, and requests to any server that speaks OpenAI's protocol
local/       checkpoints in this process, through transformers
event_loop   the one asyncio loop, on a thread of its own
locate       where a model is, and which revision
packages     whether optional packages are installed

The names below are imported when they are asked for: a dialect needs neither HTTP nor OpenCV.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocr_project.engine.models.asking import Asker, Outcome
    from ocr_project.engine.models.crops.worker import Crop, CropJob, Fit
    from ocr_project.engine.models.dialects import Dialect, NoTarget, ReadText, dialect_of, unfenced
    from ocr_project.engine.models.faults import Fault, fault_of
    from ocr_project.engine.models.fitting import fit_of, image_tokens
    from ocr_project.engine.models.local.requirements import find_local_model
    from ocr_project.engine.models.local.transport import LocalTransport
    from ocr_project.engine.models.locate import Located, hidden_size, locate_model, name_in_identity
    from ocr_project.engine.models.messages import (
        ChatAnswer,
        ChatRequest,
        EmbeddingAnswer,
        EmbeddingRequest,
        RequestFailed,
    )
    from ocr_project.engine.models.packages import installed, require
    from ocr_project.engine.models.served.chat import ServedChat
    from ocr_project.engine.models.served.embedding import ServedEmbedding
    from ocr_project.engine.models.served.requirements import find_served_model
    from ocr_project.engine.models.session import Session, all_of
    from ocr_project.engine.models.transport import Transport
    from ocr_project.engine.models.turns import PageTurn, Turns

__all__ = [
    "Asker",
    "ChatAnswer",
    "ChatRequest",
    "Crop",
    "CropJob",
    "Dialect",
    "EmbeddingAnswer",
    "EmbeddingRequest",
    "Fault",
    "Fit",
    "LocalTransport",
    "Located",
    "NoTarget",
    "Outcome",
    "PageTurn",
    "ReadText",
    "RequestFailed",
    "ServedChat",
    "ServedEmbedding",
    "Session",
    "Transport",
    "Turns",
    "all_of",
    "dialect_of",
    "fault_of",
    "find_local_model",
    "find_served_model",
    "fit_of",
    "hidden_size",
    "image_tokens",
    "installed",
    "locate_model",
    "name_in_identity",
    "require",
    "unfenced",
]

_HOMES = {
    "asking": ("Asker", "Outcome"),
    "crops.worker": ("Crop", "CropJob", "Fit"),
    "dialects": ("Dialect", "NoTarget", "ReadText", "dialect_of", "unfenced"),
    "faults": ("Fault", "fault_of"),
    "fitting": ("fit_of", "image_tokens"),
    "local.requirements": ("find_local_model",),
    "local.transport": ("LocalTransport",),
    "locate": ("Located", "hidden_size", "locate_model", "name_in_identity"),
    "messages": ("ChatAnswer", "ChatRequest", "EmbeddingAnswer", "EmbeddingRequest", "RequestFailed"),
    "packages": ("installed", "require"),
    "served.chat": ("ServedChat",),
    "served.embedding": ("ServedEmbedding",),
    "served.requirements": ("find_served_model",),
    "session": ("Session", "all_of"),
    "transport": ("Transport",),
    "turns": ("PageTurn", "Turns"),
}
_FACES = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _FACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FACES[name]}"), name)

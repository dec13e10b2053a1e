"""What no model may learn from: the images and documents of test sets that are named.

A bench is a stranger here: the node that knows it hands over rows of `HeldOut`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ocr_project.domain.errors import BrokenDocument
from ocr_project.domain.types import HeldOut
from ocr_project.engine.imaging.pixels import decode

_SHORTEST_NAME = 8  # characters: `0001` and `scan` are names of documents everywhere


@dataclass(frozen=True, slots=True)
class Guard:
    """Finds samples that are in a test set.

    Attributes:
        digests: Of files and of pixels, with the test set that each is in.
        documents: Names that tell one document from others, with the same.
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[HeldOut]) -> Guard:
        """Collect what is held out."""
        digests: dict[str, str] = {}
        documents: dict[str, str] = {}
        for row in rows:
            for digest in filter(None, (row.file, row.pixels)):
                digests[digest] = row.test_set
            if is_telling(row.document):
                documents[_last(row.document)] = row.test_set
        return cls(digests, documents)

    def fingerprint(self) -> str:
        """Return what changes whenever something else is held out."""
        text = "\n".join(sorted((*self.digests, *self.documents)))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def found(self, document: str, file: bytes | None, image: bytes) -> str:
        """Say in which test set a sample is, and by what; an empty string where it is in none.

        Args:
            document: Its name.
            file: The bytes of its file, where that is another than its image.
            image: Encoded.
        """
        if not self.digests and not self.documents:
            return ""
        if (test_set := self.documents.get(_last(document))) is not None:
            return f"its document is in the test set {test_set}"
        for digest in (digest_of_file(file or image), digest_of_file(image), digest_of_pixels(image)):
            if (test_set := self.digests.get(digest)) is not None:
                return f"its image is in the test set {test_set}"
        return ""


def is_telling(document: str) -> bool:
    """Whether the name of a document tells it from those of other people: long enough, and not a number."""
    last = _last(document)
    return len(last) >= _SHORTEST_NAME and not last.replace("-", "").replace("_", "").isdigit()


def digest_of_file(data: bytes) -> str:
    """Return the digest of a file, as `HeldOut.file` has it."""
    return hashlib.sha256(data).hexdigest()


def digest_of_pixels(image: bytes) -> str:
    """Return the digest of what an image shows, as `HeldOut.pixels` has it: the same for PNG and for lossless WebP.

    An empty string for an image that cannot be decoded.
    """
    try:
        pixels = decode(image)
    except BrokenDocument:
        return ""
    return hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()


def _last(document: str) -> str:
    """Return the last part of a name, without the suffix of a file."""
    last = document.rstrip("/").rpartition("/")[2]
    head, _, suffix = last.rpartition(".")
    return head if head and len(suffix) <= 4 else last

"""The error tree::

    OcrProjectError
    ├── OptionError            a parameter is wrong: names it and says what is right
    ├── SourceError            the source of documents is missing, empty or unreadable
    ├── StorageError           a shard could not be written or read (disk full, no permission)
    ├── StaleSource            what two stages left does not belong together: one of them has to be run again
    ├── FolderBusy             another run is at work in the same data folder, or may be
    ├── BackendError           a backend could not be built: a package, a model, a language is missing
    ├── PublishError           a dataset could not be published: nothing to publish, no token, not allowed, no network
    ├── FailuresLeft           the run is complete, and some documents or pages failed
    ├── GateFailed             the run is complete, and worse than its baseline beyond doubt
    ├── GateOpen               the run is complete, and whether it is worse cannot be told
    └── DocumentError          one document or page cannot be used; becomes a failure row
        ├── BrokenDocument     damaged, truncated, empty, or not what its name says
        ├── EncryptedDocument  needs a password
        ├── TooLarge           more pixels than the limit allows
        ├── UnsupportedMedia   a kind of file that is not read
        ├── Killed             the process that read it was killed from outside: another time it may be read
        └── Away               its file is out of reach: another time it may be there

Everything above `DocumentError` stops the run with a message that says what to do; a `DocumentError`
never does: the stage that meets it writes a row with `status="failed"` and the error's `reason`.
"""

from __future__ import annotations

from collections.abc import Sequence


class OcrProjectError(Exception):
    """Base of all errors that this project raises on purpose."""


class OptionError(OcrProjectError):
    """A parameter is wrong."""


class SourceError(OcrProjectError):
    """The source of documents is missing, empty or unreadable."""


class StorageError(OcrProjectError):
    """A shard could not be written or read."""


class StaleSource(OcrProjectError):
    """What two stages left does not belong together: one of them has to be run again first."""


class FolderBusy(OcrProjectError):
    """Another run is at work in the same data folder, or may be: the message says which."""


class BackendError(OcrProjectError):
    """A backend could not be built."""


class PublishError(OcrProjectError):
    """A dataset could not be published."""


class FailuresLeft(OcrProjectError):
    """The run is complete and saved, and some documents or pages failed."""

    def __init__(self, count: int) -> None:
        what = "1 document, page or region" if count == 1 else f"{count} documents, pages or regions"
        super().__init__(f"{what} failed; what else there was is done. Each has a row with its reason.")
        self.count = count


class GateFailed(OcrProjectError):
    """The run is complete and saved, and worse than the baseline of `testsets.gate` beyond doubt."""

    def __init__(self, losses: Sequence[str]) -> None:
        super().__init__("worse than the baseline beyond doubt:\n" + "\n".join(f"  {loss}" for loss in losses))
        self.losses = tuple(losses)


class GateOpen(OcrProjectError):
    """The run is complete and saved; whether it is worse cannot be told, and `testsets.gate.open` is `fail`."""

    def __init__(self, doubts: Sequence[str]) -> None:
        super().__init__("these documents cannot tell:\n" + "\n".join(f"  {doubt}" for doubt in doubts))
        self.doubts = tuple(doubts)


class DocumentError(OcrProjectError):
    """One document or page cannot be used.

    Attributes:
        code: One word for tables and counts: `broken`, `encrypted`, `too_large`, `unsupported`, `killed`, `away`.
    """

    code = "unusable"

    @property
    def reason(self) -> str:
        """The text of a failure row: the code, a colon, the message."""
        return f"{self.code}: {self}"


class BrokenDocument(DocumentError):
    """Damaged, truncated, empty, or not what its name says."""

    code = "broken"


class EncryptedDocument(DocumentError):
    """Needs a password."""

    code = "encrypted"


class TooLarge(DocumentError):
    """More pixels than the limit allows."""

    code = "too_large"


class UnsupportedMedia(DocumentError):
    """A kind of file that is not read."""

    code = "unsupported"


class Killed(DocumentError):
    """The process that read it was killed from outside, which is not the fault of the document."""

    code = "killed"


class Away(DocumentError):
    """Its file is out of reach: moved, on a share that is gone, forbidden."""

    code = "away"

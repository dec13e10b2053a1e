"""What went wrong in an upload to the Hub, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

_PASSING = (408, 409, 412, 425, 429, 500, 502, 503, 504)  # 409 and 412: another commit came in between

# What is raised where the line is cut: by HTTP, and by Xet, whose client is not written in Python
_LINE = (httpx2.TransportError, ConnectionError, TimeoutError)


def may_pass(error: BaseException) -> bool:
    """Say whether the same request may succeed later."""
    for cause in _causes(error):
        if isinstance(cause, OfflineModeIsEnabled):
            return False
        if isinstance(cause, HfHubHTTPError):
            return cause.response.status_code in _PASSING
        if isinstance(cause, _LINE):
            return True
    return False


def explain_hub_error(error: BaseException, repository: str, endpoint: str, folder: Path) -> str:
    """Say what went wrong and what to do; neither the token nor a header is part of it.

    Args:
        error: What the client raised.
        repository: As the options name it.
        endpoint: Address of the Hub.
        folder: Where the dataset lies meanwhile.
    """
    for cause in _causes(error):
        if isinstance(cause, OfflineModeIsEnabled):
            return f"HF_HUB_OFFLINE is set: unset it and run again; the dataset is in {folder}"
        if isinstance(cause, HfHubHTTPError):
            return _refusal(cause, repository, endpoint, folder)
        if isinstance(cause, _LINE):
            return (
                f"{endpoint} cannot be reached ({cause}): the dataset is in {folder}; run again when the network is"
                " back, and the upload resumes"
            )
    return f"the upload to {repository} failed ({error}); the dataset is in {folder}, run again to go on"


def _refusal(error: HfHubHTTPError, repository: str, endpoint: str, folder: Path) -> str:
    status = error.response.status_code
    if status == 401:
        return (
            f"{endpoint} rejects the token: make a new one that allows writing"
            " (https://huggingface.co/settings/tokens), then set HF_TOKEN or run `hf auth login`"
        )
    if status == 403:
        return (
            f"the token may not write to {repository}: another account owns it, or the token is read-only. Choose"
            " a publish.repository of your own, or a token that allows writing there"
        )
    if status == 404:
        return (
            f"{repository} does not exist, or this token may not see it: it may be another account's private one."
            " Check its name, or choose a publish.repository of your own"
        )
    said = error.server_message or str(error).splitlines()[0]
    return f"{endpoint} answered {status} ({said}); the dataset is in {folder}: run again, and the upload goes on"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what is behind it: the client wraps some in errors that say less."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__

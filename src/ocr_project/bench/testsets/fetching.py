"""Where a set lies, and how it gets there: from the Hub, if the options allow it, else by hand."""

from __future__ import annotations

import logging
from pathlib import Path

from ocr_project.bench.testsets.card import Card, Hub
from ocr_project.domain.errors import SourceError

log = logging.getLogger(__name__)

_REVISION_FILE = "revision.txt"


def locate_set(card: Card, folder: Path, *, download: bool) -> Path:
    """Return the folder of a set, after downloading it where that is allowed and needed.

    Args:
        card: Says where it comes from, and under which terms.
        folder: `testsets.folder`; the set lies in the folder of its name in it.
        download: `testsets.download`.

    Raises:
        SourceError: It is not there; the message says how to get it, and what its licence is.
    """
    root = folder / card.name
    if root.is_dir() and any(root.iterdir()):
        return root
    if card.hub is None:
        raise SourceError(f"{card.title} is not in {root}: {card.how}. {card.terms}")
    if not download:
        raise SourceError(
            f"{card.title} is not in {root}. Allow its download with --params testsets.download=true, or put"
            f" {', '.join(card.hub.files)} of https://huggingface.co/datasets/{card.hub.repo} there. {card.terms}"
        )
    _download(card, card.hub, root)
    return root


def _download(card: Card, hub: Hub, root: Path) -> None:
    from huggingface_hub import HfApi, snapshot_download

    log.warning("Downloading %s", card.terms)
    try:
        revision = hub.revision or HfApi().dataset_info(hub.repo).sha
        snapshot_download(
            hub.repo, repo_type="dataset", revision=revision, allow_patterns=list(hub.files), local_dir=root
        )
    # The Hub's client lets through what its HTTP library raises: requests' errors once, then httpx'
    except Exception as error:
        raise SourceError(
            f"{hub.repo} cannot be downloaded ({type(error).__name__}: {error}); check the network. Some sets need"
            f" a login (hf auth login), and accepted terms at {card.homepage}"
        ) from error
    (root / _REVISION_FILE).write_text(f"{hub.repo}@{revision}\n", encoding="utf-8")

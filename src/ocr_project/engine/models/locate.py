"""Where a model is on this machine, and which revision of it: cheap, and without the network."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from ocr_project.domain.errors import BackendError

log = logging.getLogger(__name__)

_WEIGHTS = ("*.safetensors", "*.bin", "*.gguf")
_TRUE = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Located:
    """A model as it was found.

    Attributes:
        revision: Commit of the Hub, fingerprint of a folder, or an empty string where it is not here yet.
        folder: Where its files are; None where they are not here.
        library: What runs it, with its version.
    """

    name: str
    revision: str
    folder: Path | None
    library: str = ""

    @property
    def version(self) -> str:
        """Library and revision, for an identity."""
        return f"{self.library} {self.revision}"


def locate_model(model: str, revision: str | None, *, option: str) -> Located:
    """Find a model in a folder or in the Hub's cache.

    Args:
        model: Hub name or folder.
        revision: Commit, branch or tag; None for what the cache's `main` is.
        option: Name of the option, for the message.

    Raises:
        BackendError: It is a folder that is not there, or it is not in the cache and the network is off limits.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise BackendError(f"{folder} holds no model (no config.json): change {option}")
        return Located(model, f"folder-{_fingerprint(folder)}", folder)
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise BackendError(f"the folder {folder} does not exist: change {option}")
    commit, snapshot = _snapshot(model, revision)
    if snapshot is not None:
        return Located(model, commit, snapshot)
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in _TRUE:
        raise BackendError(
            f"{model} is not in {_cache()} and HF_HUB_OFFLINE is set: download it with `hf download {model}`,"
            f" or set {option} to its folder"
        )
    log.warning("%s is not in %s: it is downloaded when it is first needed", model, _cache())
    return Located(model, revision or "", None)


def name_in_identity(model: str) -> str:
    """Return what an identity calls a model: a folder may move, so by its last name; its revision tells it apart.

    Args:
        model: Hub name or folder.
    """
    folder = Path(model).expanduser()
    return folder.name if folder.is_dir() else model


def hidden_size(located: Located) -> int | None:
    """Return the length of a model's hidden states by its `config.json`; None where it is not here or does not say."""
    if located.folder is None:
        return None
    config = json.loads((located.folder / "config.json").read_text())
    size = (config.get("text_config") or config).get("hidden_size")
    return int(size) if size else None


def token_side(model: str) -> int | None:
    """Return the pixels along one token of an image, by the model's image processor; None where that is not here.

    Args:
        model: Hub name or folder.
    """
    folder: Path | None = Path(model).expanduser()
    if folder is not None and not folder.is_dir():
        folder = _snapshot(model, None)[1]
    if folder is None:
        return None
    for name in ("preprocessor_config.json", "processor_config.json"):  # transformers 5 writes the second
        if (folder / name).is_file():
            found = json.loads((folder / name).read_text())
            found = found.get("image_processor", found)
            patch, merge = found.get("patch_size"), found.get("merge_size")
            if isinstance(patch, int) and isinstance(merge, int):
                return patch * merge
    return None


def _snapshot(model: str, revision: str | None) -> tuple[str, Path | None]:
    """Return the commit and the folder of a model in the Hub's cache; None where it is not there."""
    cache = _cache() / f"models--{model.replace('/', '--')}"
    reference = cache / "refs" / (revision or "main")
    commit = reference.read_text().strip() if reference.is_file() else revision or ""
    snapshot = cache / "snapshots" / commit
    return commit, snapshot if commit and (snapshot / "config.json").exists() else None


def _cache() -> Path:
    """Return the Hub's cache, by the same variables as huggingface_hub, without importing it."""
    if found := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(found).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    return Path(home).expanduser() / "hub"


def _fingerprint(folder: Path) -> str:
    """Hash what tells one model from another without reading gigabytes: its JSON, and the sizes of its weights."""
    parts = hashlib.sha256()
    for path in sorted(folder.glob("*.json")):
        parts.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for path in sorted(found for pattern in _WEIGHTS for found in folder.glob(pattern)):
        parts.update(f"{path.name}\0{path.stat().st_size}\0".encode())
    return parts.hexdigest()[:12]

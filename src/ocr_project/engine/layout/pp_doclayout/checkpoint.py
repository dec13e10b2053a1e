"""Where the weights are, and what to do where they are not.

Nothing is imported here that takes long, so that a run that cannot work is told so before its first page.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import PpDocLayoutOptions

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_CONFIG = "config.json"
_INSTEAD = "or set layout.backend to opencv"


def check(options: PpDocLayoutOptions) -> None:
    """Make sure of what can be made sure of without loading the model: packages, weights, device.

    Raises:
        BackendError: Something is missing; the message says what to install, download or set.
    """
    if missing := [package for package in ("torch", "transformers") if find_spec(package) is None]:
        raise BackendError(
            f"layout.backend: pp_doclayout_v3 needs {' and '.join(missing)}: pip install '.[gpu]', {_INSTEAD}"
        )
    if _is_folder(options):
        _weights_in(Path(options.checkpoint))
    elif _cached(options) is None and _offline():
        raise BackendError(_not_cached(options))
    if options.device != "cpu":
        _check_cuda(options.device)


def locate(options: PpDocLayoutOptions) -> Path:
    """Return the folder of the checkpoint; download it where it is on the Hub and not in the cache.

    Raises:
        BackendError: It cannot be had.
    """
    folder = Path(options.checkpoint) if _is_folder(options) else _cached(options) or _download(options)
    _weights_in(folder)
    return folder


def revision_of(folder: Path) -> str:
    """Return what tells these weights from all others: the first 16 hexadecimal digits of their sha256.

    The same for a folder and for the Hub, so that moving weights does not redo a corpus. 133 MB take 0.1 s.
    """
    digest = hashlib.sha256((folder / _CONFIG).read_bytes())
    with _weights_in(folder).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]


def _is_folder(options: PpDocLayoutOptions) -> bool:
    """A Hub name is `owner/name`; what else looks like a path is one, there or not."""
    name = options.checkpoint
    return Path(name).is_dir() or name.startswith((".", "/", "~")) or name.count("/") != 1


def _weights_in(folder: Path) -> Path:
    found = [folder / name for name in _WEIGHTS if (folder / name).is_file()]
    if not found or not (folder / _CONFIG).is_file():
        raise BackendError(
            f"layout.pp_doclayout_v3.checkpoint: {folder} holds no {_CONFIG} and {_WEIGHTS[0]}: name the folder of a"
            " PP-DocLayoutV3 checkpoint in transformers' format, or a name on the Hub"
        )
    return found[0]


def _cached(options: PpDocLayoutOptions) -> Path | None:
    """Return the snapshot in the cache, if it is there whole."""
    from huggingface_hub import try_to_load_from_cache

    found = [try_to_load_from_cache(options.checkpoint, name, revision=options.revision) for name in _WEIGHTS]
    config = try_to_load_from_cache(options.checkpoint, _CONFIG, revision=options.revision)
    if not isinstance(config, str) or not any(isinstance(path, str) for path in found):
        return None
    return Path(config).parent


def _offline() -> bool:
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def _download(options: PpDocLayoutOptions) -> Path:
    if _offline():
        raise BackendError(_not_cached(options))
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(options.checkpoint, revision=options.revision, allow_patterns=["*.json", *_WEIGHTS])
        )
    except (OSError, ValueError) as error:  # the Hub's own errors are OSErrors; a name that is none a ValueError
        raise BackendError(f"{options.checkpoint} cannot be downloaded ({error}). {_not_cached(options)}") from error


def _not_cached(options: PpDocLayoutOptions) -> str:
    revision = f" --revision {options.revision}" if options.revision else ""
    return (
        f"the weights of {options.checkpoint} are not in the cache: run `hf download {options.checkpoint}{revision}`"
        f" where there is a network, or name a local folder in layout.pp_doclayout_v3.checkpoint, {_INSTEAD}"
    )


def _check_cuda(device: str) -> None:
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    wanted = int(device.partition(":")[2] or 0)
    if wanted >= count:
        raise BackendError(
            f"layout.pp_doclayout_v3.device: {device} is not available ({count} usable GPUs; `nvidia-smi` shows the"
            f" driver's view): set it to cpu (slow), {_INSTEAD}"
        )

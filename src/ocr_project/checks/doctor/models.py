"""The weights: in the cache, in a folder, or on the Hub."""

from __future__ import annotations

import json
from pathlib import Path

from ocr_project.checks.doctor.finding import Finding, missing, ok, warning
from ocr_project.checks.doctor.needs import Model, Needs

PATIENCE = 5.0  # seconds for the Hub's answer
_CONFIG = "config.json"
_INDEX = "model.safetensors.index.json"
_FORBIDDEN = (401, 403)
_NOT_FOUND = 404


def check_models(needs: Needs) -> list[Finding]:
    """Look for every checkpoint, and for a token where one may be wanted."""
    findings = [check_model(model) for model in needs.models]
    hub = any(not _is_folder(model.name) for model in needs.models)
    return [*findings, check_token()] if hub else findings


def check_model(model: Model) -> Finding:
    """Look for a checkpoint: whole in its folder or in the cache, else on the Hub unless that is forbidden."""
    name = Path(model.name).name
    if _is_folder(model.name):
        return _in_folder(name, model, Path(model.name).expanduser())
    from huggingface_hub import constants

    cached = _cached(model)
    if cached is not None:
        return ok(name, f"in the cache, {_size(cached)}")
    if constants.is_offline_mode():
        advice = f"{_download(model)} online, and set HF_HOME to a copy of that cache; or unset HF_HUB_OFFLINE"
        return missing(name, "not in the cache, and HF_HUB_OFFLINE is set", advice)
    return _on_hub(name, model)


def check_token() -> Finding:
    """Say whether there is a token for the Hub; what it is, is never shown."""
    from huggingface_hub import get_token

    if get_token():
        return ok("Hub token", "there is one")
    return ok("Hub token", "none: private and gated models need one (`hf auth login`, or HF_TOKEN)")


def _is_folder(name: str) -> bool:
    """Say whether a name means a folder: the Hub's are `owner/name`."""
    return name.startswith((".", "/", "~")) or name.count("/") != 1 or Path(name).is_dir()


def _in_folder(name: str, model: Model, folder: Path) -> Finding:
    if not folder.is_dir():
        return missing(name, f"{folder} does not exist", f"set {model.option} to a folder or to a name on the Hub")
    lacking = _lacking(folder)
    if lacking:
        return missing(
            name, f"{folder} has no {', '.join(lacking)}", f"copy the whole checkpoint, or set {model.option}"
        )
    return ok(name, f"{folder}, {_size(folder)}")


def _cached(model: Model) -> Path | None:
    """Return the folder of a checkpoint that is whole in the cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(model.name, revision=model.revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    return None if _lacking(folder) else folder


def _lacking(folder: Path) -> list[str]:
    """Return the files that a checkpoint lacks: an interrupted download leaves some."""
    index = folder / _INDEX
    if index.is_file():
        weights = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    else:
        weights = [path.name for path in folder.glob("*.safetensors")] or ["*.safetensors"]
    return [name for name in (_CONFIG, *weights) if not (folder / name).is_file()]


def _on_hub(name: str, model: Model) -> Finding:
    from huggingface_hub import HfApi

    try:
        info = HfApi().model_info(model.name, revision=model.revision, timeout=PATIENCE, files_metadata=True)
    # The Hub's client lets through what its HTTP library raises, and that library has changed twice
    except Exception as error:
        return _not_on_hub(name, model, error)
    size = sum(file.size or 0 for file in info.siblings or () if file.rfilename.endswith(".safetensors"))
    found = f"not in the cache; on the Hub{f', {size / 1e9:.1f} GB' if size else ''}"
    return warning(name, found, f"{_download(model)}, so that the GPU does not wait for it")


def _not_on_hub(name: str, model: Model, error: Exception) -> Finding:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in _FORBIDDEN:
        advice = "accept its terms on its page, then `hf auth login` or HF_TOKEN; or is the name wrong?"
        return missing(name, "not in the cache, and the Hub denies access", advice)
    if status == _NOT_FOUND:
        return missing(name, f"neither in the cache nor on the Hub: {model.name}", f"set {model.option}")
    found = f"not in the cache, and the Hub does not answer ({type(error).__name__})"
    return missing(name, found, f"{_download(model)} online, and set HF_HOME to a copy of that cache")


def _download(model: Model) -> str:
    return f"hf download {model.name}" + (f" --revision {model.revision}" if model.revision else "")


def _size(folder: Path) -> str:
    return f"{sum(path.stat().st_size for path in folder.glob('*.safetensors')) / 1e9:.1f} GB"

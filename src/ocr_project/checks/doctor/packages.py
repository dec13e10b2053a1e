"""The packages of the gpu extra: there or not, and in the version that was tested."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from ocr_project.checks.doctor.finding import Finding, missing, ok, warning
from ocr_project.checks.doctor.needs import Needs

INSTALL = "pip install -e '.[gpu]'"
_TRAIN = "pip install -e '.[train]'"  # accelerate, peft, safetensors; bitsandbytes is in the extra quantized
_TEXT = "pip install -e '.[text]'"  # what brings sentence-transformers
_ADVICE = {
    "sentence-transformers": _TEXT,
    "bitsandbytes": "pip install -e '.[quantized]'",
    **dict.fromkeys(("accelerate", "peft", "safetensors"), _TRAIN),
}
_PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^;\s]+)\s*;.*extra == ['\"]gpu['\"]")
_CUDA = re.compile(r"^cuda\b.*=\s*['\"](\d+)\.(\d+)", re.MULTILINE)


def pins() -> dict[str, str]:
    """Return the versions that the gpu extra pins, by package; none where the project itself is not installed."""
    try:
        lines = requires("ocr_project") or []
    except PackageNotFoundError:  # run from its sources: there is nothing to compare with
        return {}
    return {match["name"]: match["version"] for match in map(_PIN.match, lines) if match}


def check_packages(needs: Needs, pinned: Mapping[str, str] | None = None) -> list[Finding]:
    """Compare what is installed with what is needed and pinned; nothing is imported.

    Args:
        needs: Of the run.
        pinned: Versions by package; None: see `pins`.
    """
    wanted = pins() if pinned is None else pinned
    return [
        *(_package(name, wanted.get(name), needed=True) for name in needs.packages),
        *(_package(name, wanted.get(name), needed=False) for name in needs.faster_with),
    ]


def torch_cuda() -> tuple[int, int] | None:
    """Return the CUDA that torch is built for, read from its file `version.py`: importing it takes seconds.

    Returns:
        Major and minor version; None where torch is missing or made for the CPU.
    """
    spec = find_spec("torch")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "version.py"
        if path.is_file() and (match := _CUDA.search(path.read_text())):
            return int(match[1]), int(match[2])
    return None


def _package(name: str, pinned: str | None, *, needed: bool) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        if needed:
            return missing(name, "not installed", _ADVICE.get(name, INSTALL))
        return warning(name, "not installed: JPEG is decoded on the CPU", INSTALL)
    if pinned is None or found.partition("+")[0] == pinned:
        return ok(name, found)
    return warning(name, f"{found}; tested with {pinned}", f"{INSTALL}, or check its results on a few known pages")

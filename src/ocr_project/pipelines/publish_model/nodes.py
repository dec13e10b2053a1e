"""A tuned model for others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ocr_project.domain.options import PublishOptions
from ocr_project.engine import publishing


def publish_tuned_model(tuned: Mapping[str, Any], options: PublishOptions) -> dict[str, float]:
    """Upload the merged model of the last training where the options say so.

    Returns:
        Files, bytes, and 1 where it was uploaded.
    """
    done = publishing.publish_model(Path(tuned["run"]) / "merged", options)
    return {"files": done.files, "bytes": done.bytes, "uploaded": float(done.uploaded)}

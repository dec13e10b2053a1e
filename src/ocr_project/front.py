"""`ocr-project`: the same pipelines without a checkout, and without Kedro's words.

Kedro reads its environment when it is imported; what it is to find there is set before.
"""

from __future__ import annotations

import os


def main() -> None:
    """Run a command of `ocr-project`."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    from ocr_project.storage.workspace import shipped_conf, tracking_store

    os.environ.setdefault("KEDRO_LOGGING_CONFIG", str(shipped_conf() / "logging.yml"))
    os.environ.setdefault("MLFLOW_TRACKING_URI", tracking_store())
    from ocr_project.cli.standalone import standalone

    standalone(prog_name="ocr-project")

"""`kedro run`: Kedro's own, with messages that say what to do."""

from __future__ import annotations

import copy

from kedro.framework.cli.project import run as kedro_run

from ocr_project.cli.errors import plainly

assert kedro_run.callback is not None
run = copy.copy(kedro_run)
run.callback = plainly(kedro_run.callback)

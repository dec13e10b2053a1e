"""How much a test tries: by day enough to see the fault, at night what was promised."""

from __future__ import annotations

import os

AT_NIGHT = bool(os.environ.get("OCR_PROJECT_SLOW"))  # as `make nightly` sets it

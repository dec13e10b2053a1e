"""Known regions in the place of what the detector finds, in each run that has the folder of `hook_folder` on its path.

A detector without training finds nothing on most drawn pages, which are read whole then: other work than that of a
trained one. Here it works as ever, so that its time is there, and its answer for a page is replaced by what was drawn
on it. Kedro finds the hook by its entry point, in `kedro run` and in each worker of `kedro launch` alike; vLLM's
servers and the processes that cut crops have nothing of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.drawn_documents import drawn_regions
from benchmarks.known_pages import Drawn, drawn_pages, regions_on
from kedro.framework.hooks import hook_impl

from ocr_project.domain.protocols import Detector
from ocr_project.domain.types import Identity, Page, Region

PAGES = "OCR_BENCHMARK_PAGES"  # variable: folder of gen_pages.py


class KnownRegions:
    """A detector at its work, whose answers are not its own."""

    def __init__(self, detector: Detector, drawn: Drawn) -> None:
        self._detector, self._drawn = detector, drawn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._detector, name)

    @property
    def identity(self) -> Identity:
        """Return another one than the detector's: no run without the hook takes its shards for a detector's."""
        own = self._detector.identity
        return replace(own, name=f"{own.name}_known")

    def detect(self, pages: Sequence[Page]) -> list[list[Region]]:
        return [self._known(page, found) for page, found in zip(pages, self._detector.detect(pages), strict=True)]

    def _known(self, page: Page, found: list[Region]) -> list[Region]:
        if page.image is None:
            return found  # says why
        first, *others = regions_on(page, drawn_regions(self._drawn, page.path, page.number))
        return [replace(first, seconds=found[0].seconds), *others]


class KnownRegionsHooks:
    """Wraps the detector before the first stage begins."""

    @hook_impl
    def before_pipeline_run(self) -> None:
        from ocr_project.pipelines.layout import nodes

        nodes.build_detector = wrapped(nodes.build_detector, drawn_pages(Path(os.environ[PAGES])))


HOOKS = KnownRegionsHooks()


def wrapped(build: Callable[..., Detector], drawn: Drawn) -> Callable[..., Any]:
    """Return what builds a detector with known regions."""

    def build_known(*arguments: Any, **more: Any) -> KnownRegions:
        return KnownRegions(build(*arguments, **more), drawn)

    return build_known


def hook_folder(folder: Path) -> Path:
    """Write the entry point by which Kedro finds the hook, and return the folder to put on PYTHONPATH."""
    info = folder / "hook" / "ocr_benchmark_known_regions-0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ocr_benchmark_known_regions\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[kedro.hooks]\nknown_regions = benchmarks.known_regions:HOOKS\n")
    return info.parent

"""Which cards a run uses, where it is told to use all that there are."""

from __future__ import annotations

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.options.runtime import ALL
from ocr_project.engine.running.monitoring.nvml import open_nvml, visible_gpus


def cards_of(runtime: RuntimeOptions) -> tuple[int, ...]:
    """Return the numbers that `runtime.gpus` names; of `all`, those of the GPUs that CUDA shows to this process.

    Empty where nothing is named, and where there is no GPU: what needs one says so.
    """
    if runtime.gpus != ALL:
        return runtime.gpus
    nvml = open_nvml()
    if nvml is None:
        return ()
    try:
        return tuple(range(len(visible_gpus(nvml))))
    finally:
        nvml.nvmlShutdown()

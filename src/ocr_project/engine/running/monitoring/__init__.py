"""What the machine does while pages are worked on.

nvml.py      the GPUs that this process may use, and what NVIDIA's library says of them
sampler.py   asks them in the background
figures.py   samples to means, percentiles, watt-hours and costs
"""

from __future__ import annotations

from ocr_project.engine.running.monitoring.figures import add_up, figures
from ocr_project.engine.running.monitoring.sampler import GpuMonitor, shared_monitor

__all__ = ["GpuMonitor", "add_up", "figures", "shared_monitor"]

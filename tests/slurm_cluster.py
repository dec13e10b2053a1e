"""A Slurm cluster of two nodes on this machine, and what can happen to it; for tests and benchmarks."""

from __future__ import annotations

import subprocess
from contextlib import suppress

import psutil


def idle_nodes() -> int:
    asked = subprocess.run(["sinfo", "-h", "-t", "idle", "-o", "%D"], capture_output=True, text=True, check=False)
    return sum(int(count) for count in asked.stdout.split())


def jobs(state: str = "") -> list[str]:
    """Return the jobs in the queue, each part of an array for itself; all, or those of a state such as `RUNNING`."""
    asked = ["squeue", "-h", "--array", "-o", "%i", *(["-t", state] if state else [])]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()


def start_now(job: str) -> None:
    """Let a job that was queued anew begin at once: Slurm holds it back for two minutes."""
    subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], capture_output=True, check=False)


def requeue(job: str) -> None:
    """Kill a job and queue it anew."""
    subprocess.run(["scontrol", "requeue", job], capture_output=True, check=False)


def kill_node(name: str) -> None:
    """Kill the daemon of a node, and all that it has started, as a power cut does."""
    for process in daemons(name):
        process.kill()
    steps = [one for one in psutil.process_iter(["name"]) if one.info["name"] == "slurmstepd"]
    for step in steps:
        with suppress(psutil.NoSuchProcess):
            with_children = [step, *step.children(recursive=True)]
            if any(_node_of(process) == name for process in with_children):
                for process in with_children:
                    with suppress(psutil.NoSuchProcess):  # it ended with the one before
                        process.kill()


def daemons(name: str) -> list[psutil.Process]:
    """Return the daemons of a node: one, or none where it is dead."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if line[:1] and line[0].endswith("slurmd") and name in line:
            found.append(process)
    return found


def start_node(name: str) -> None:
    subprocess.run(["slurmd", "-N", name], check=True)


def _node_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("SLURMD_NODENAME", "")
    except psutil.Error:
        return ""

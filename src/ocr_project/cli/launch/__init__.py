"""`kedro launch`: several processes on one corpus, on this machine's GPUs or on a cluster's nodes.

commands   the three commands: what is run first, by all, and last
local      a process for each GPU of this machine
slurm      an array of jobs, and a closing job, through submitit
status     how far a launch is, read from its folder

A launch only says who does what. Files with keys are the state: whatever is killed, the same command goes on.
"""

from ocr_project.cli.launch.commands import launch

__all__ = ["launch"]

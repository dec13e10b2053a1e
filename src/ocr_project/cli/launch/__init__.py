"""`kedro launch`: several processes on one corpus, on this machine's GPUs or on a cluster's nodes.

commands   what is typed: what is run first, by all, and last
work       what a launch is, written into its folder
contained  a run of it in a container
local      a process for each GPU of this machine
on_ray     tasks of a Ray cluster
slurm      an array of jobs, and a closing job, through submitit
clean      what is removed of launches that are over
status     how far a launch is, read from its folder

A launch only says who does what. Files with keys are the state: whatever is killed, the same command goes on.
"""

from ocr_project.cli.launch.commands import launch

__all__ = ["launch"]

"""How a stage runs: what is missing, what is in flight, what it took. The only scheduler of the project.

plan            what is missing
sources         does what is put side by side belong together
origins         was a table or an index made from what is there now
stream          the finished shards, while pages of several are in flight
keep            what is finished into its folder, at once
workers         threads of this process, or work outside of it
stage_metrics   counts and seconds of a stage, out of the footers of its shards
provenance      the facts of a run: commit, machine, packages
worker_process  a child process for work that may hang or crash
watched_command  a program whose memory is watched from outside
containers      the command lines of podman, docker, charliecloud, Apptainer
monitoring/     what the GPU does meanwhile
"""

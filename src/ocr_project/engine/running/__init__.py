"""How a stage runs: what is missing, what is in flight, what it took. The only scheduler of the project.

shards          the plan of a stage, and the stream of its finished shards
stage_metrics   counts and seconds of a stage, out of the footers of its shards
worker_process  a child process for work that may hang or crash
monitoring/     what the GPU does meanwhile
"""

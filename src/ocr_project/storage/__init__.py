"""How rows, vectors and records are stored: written whole or not at all. It does not depend on stages or Kedro.

atomic         the one way to write a file or a folder
shard_folder   Parquet shards with their keys in the footers; footers: what they say, read once
lineages       results of different models side by side, and which of them is read
vector_index   vectors to search by; vector_files: the same as plain NumPy
run_record     what a run over test sets leaves behind
"""

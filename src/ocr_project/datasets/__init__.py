"""How it rests: folders of Parquet shards, and whatever a writer writes."""

from ocr_project.datasets.shard_folder import ShardFolder
from ocr_project.datasets.sharded_parquet import ShardedParquet
from ocr_project.datasets.written import Written

__all__ = ["ShardFolder", "ShardedParquet", "Written"]

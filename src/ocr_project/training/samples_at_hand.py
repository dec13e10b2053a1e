"""Samples by name, out of their shards: a row group is read for each, and the last few are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ocr_project.domain.types import TrainingSample

_KEPT = 256  # samples in memory of each process that prepares images


class SampleSource(Protocol):
    """What finds samples."""

    def sample(self, shard: str, sample_id: str) -> TrainingSample:
        """Return one sample; KeyError where there is none."""
        ...


class SamplesInMemory:
    """A list of samples, for tests and small sets."""

    def __init__(self, samples: Sequence[TrainingSample]) -> None:
        self._samples: Mapping[str, TrainingSample] = {one.sample_id: one for one in samples}

    def sample(self, shard: str, sample_id: str) -> TrainingSample:
        return self._samples[sample_id]


class SamplesInShards:
    """Samples in a folder of shards."""

    def __init__(self, find: Callable[[str, str], Sequence[TrainingSample]]) -> None:
        """Read nothing.

        Args:
            find: Returns the samples that lie beside one in its shard, itself included, by shard and sample_id.
        """
        self._find = find
        self._kept: OrderedDict[str, TrainingSample] = OrderedDict()

    def sample(self, shard: str, sample_id: str) -> TrainingSample:
        if sample_id not in self._kept:
            for one in self._find(shard, sample_id):
                self._kept[one.sample_id] = one
            while len(self._kept) > _KEPT:
                oldest = next(iter(self._kept))
                if oldest == sample_id:
                    break
                del self._kept[oldest]
        return self._kept[sample_id]

"""Do the sources of a stage belong together? Asked before their rows are put side by side.

Stages are run one by one too. Then the pages that are current may be others than those that the current regions were
found on; rows of both have the same ids, and nothing else would tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ocr_project.domain.errors import StaleSource
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import ShardInfo, derive_key_of
from ocr_project.engine.running.feeds import FEEDS
from ocr_project.engine.running.plan import lineage_of

# Which stages a stage's shards are made from, and what is run to make them anew. Vectors come from the last stage that
# their options need.
_MADE_FROM: dict[str, tuple[str, ...]] = {
    "layout": ("ingest", "testset_ingest"),
    "recognition": ("layout",),
    "transcript": ("recognition",),
    "embedding": ("transcript", "layout", "ingest"),
    "testset_truths": ("testset_ingest",),
    "testset_scored": ("transcript",),
}
_ROWS = {"layout": "regions", "recognition": "recognitions", "transcript": "transcripts", "embedding": "vectors"}


def check_sources(*sources: ShardSource) -> None:
    """See that each shard was made from the very shard that stands beside it.

    Args:
        sources: What is put side by side, in the order of their stages, with the stages between them: a stage whose
            source is not among them is not looked at, and neither is a shard that this run is about to store. What a
            footer from before it named its stage came from is not known, and not asked.

    Raises:
        StaleSource: One was made from another: says which stage to run.
    """
    indexes = [_at_rest(source) for source in reversed(sources)]  # what is made of something is stored after it
    keys: dict[str, dict[str, str]] = {}
    for index in indexes:
        for name, info in index.items():
            keys.setdefault(info.stage, {})[name] = info.source_key
    for index in reversed(indexes):
        for info in index.values():
            before = [keys[stage] for stage in _MADE_FROM.get(info.stage, ()) if stage in keys]
            if before and not _is_made_from(info, before):
                raise StaleSource(_advice(info))


def _at_rest(source: ShardSource) -> Mapping[str, ShardInfo]:
    feed = FEEDS.of(source, lineage_of(source))
    if feed is None:
        return source.index()
    infos, later = feed.look()  # before the folder: what is stored meanwhile is not asked
    return {name: info for name, info in source.index().items() if name in infos and name not in later}


def _is_made_from(info: ShardInfo, before: Sequence[Mapping[str, str]]) -> bool:
    found = (keys[info.name] for keys in before if info.name in keys)
    return any(derive_key_of(key, info.stage, info.identity) == info.key for key in found)


def _advice(info: ShardInfo) -> str:
    made, stage = _ROWS.get(info.stage, info.stage), info.stage
    if stage.startswith("testset_"):
        return f"{made} of shard {info.name} were made from other results than those there now: run `testsets` whole"
    source = " or ".join({"ingest": "pages"}.get(name, _ROWS.get(name, name)) for name in _sources_of(stage))
    return (
        f"{made} of shard {info.name} were made from other {source} than those there now:"
        f" run `kedro run --pipelines {stage}` with the same options first, or all stages at once"
    )


def _sources_of(stage: str) -> Sequence[str]:
    return [name for name in _MADE_FROM[stage] if not name.startswith("testset_")]

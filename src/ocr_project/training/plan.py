"""What is learnt when: packs of samples for all epochs, worked out before the first image is decoded.

The order is that of hashes of (seed, epoch, sample), packs are filled first-fit in that order, and updates take them
in turn. The same samples and options give the same plan on every machine, so that going on after a stop is to skip as
many packs as were done.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import TrainingOptions
from ocr_project.domain.types import Split, TrainingSample

_OPEN = 64  # packs that are still looked at for a sample: first-fit over all of them would take the square of time


@dataclass(frozen=True, slots=True)
class Planned:
    """A sample that can be learnt from.

    Attributes:
        known: Whether it is of a source that is replayed.
        lengths: Tokens by epoch: all, those of the image, those of the answer. Of one entry: the same in each.
    """

    sample_id: str
    shard: str
    split: Split
    known: bool
    lengths: tuple[tuple[int, int, int], ...]

    def length(self, epoch: int) -> tuple[int, int, int]:
        """Return tokens in all, of the image, of the answer."""
        return self.lengths[epoch % len(self.lengths)]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sample that is not learnt from, and why."""

    sample_id: str
    source: str
    split: Split
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sighted:
    """All samples, looked at: used and refused add up to the rows of training_data."""

    used: tuple[Planned, ...]
    refused: tuple[Refusal, ...]


Measure = Callable[[TrainingSample, int], tuple[int, int, int]]


def look_at(rows: Iterable[tuple[str, TrainingSample]], measure: Measure, options: TrainingOptions) -> Sighted:
    """Measure all samples, and refuse what cannot be learnt from.

    Args:
        rows: The shard of each sample, and the sample.
        measure: Returns the length in an epoch; raises `encoding.Refused`, a ValueError with a `rule`.
        options: Tokens of a pack, sources that are known, augmentation.
    """
    used: list[Planned] = []
    refused: list[Refusal] = []
    seen: set[str] = set()
    epochs = options.epochs if options.augmentation.turn else 1
    for shard, sample in rows:
        try:
            if sample.sample_id in seen:
                raise _refusal("duplicate", "the same image, question and answer were there before")
            lengths = tuple(measure(sample, epoch) for epoch in range(epochs))
            if (longest := max(tokens for tokens, _, _ in lengths)) > options.tokens_per_pack:
                raise _refusal("too_long", f"{longest} tokens; training.tokens_per_pack is {options.tokens_per_pack}")
        except ValueError as error:
            rule = getattr(error, "rule", "")
            if not rule:
                raise
            refused.append(Refusal(sample.sample_id, sample.source, sample.split, rule, str(error)))
            continue
        seen.add(sample.sample_id)
        known = any(sample.source.startswith(start) for start in options.known)
        used.append(Planned(sample.sample_id, shard, sample.split, known, lengths))
    return Sighted(tuple(used), tuple(refused))


class _RuleError(ValueError):
    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


def _refusal(rule: str, reason: str) -> ValueError:
    return _RuleError(rule, reason)


def plan_packs(sighted: Sighted, options: TrainingOptions) -> pd.DataFrame:
    """Put the samples of `train` into packs, for all epochs.

    Returns:
        One row a sample in its pack: `update`, `pack` (both counted over all epochs), `epoch`, `sample_id`, `shard`,
        `tokens`, `image_tokens`, `answer_tokens`, and `update_tokens`, the answer tokens of the whole update.

    Raises:
        OptionError: There is nothing to learn from.
    """
    train = [one for one in sighted.used if one.split is Split.TRAIN]
    if not any(not one.known for one in train):
        rules = Counter(refusal.rule for refusal in sighted.refused).most_common(5)
        found = ", ".join(f"{count} {rule}" for rule, count in rules) or "none refused: is there a split `train`?"
        raise OptionError(f"training: no sample is left to learn from ({found}); see the table training_refusals")
    packs: list[tuple[int, list[Planned]]] = []
    for epoch in range(options.epochs):
        packs += [(epoch, pack) for pack in _first_fit(_order(train, epoch, options), epoch, options.tokens_per_pack)]
    each = options.packs_per_update
    if options.updates is not None:
        packs = packs[: options.updates * each]
    packs += _filling(packs, each, options.devices)
    return pd.DataFrame(_rows(packs, each), columns=list(_COLUMNS)).astype(_COLUMNS)


_COLUMNS = {
    "update": "int64",
    "pack": "int64",
    "epoch": "int64",
    "sample_id": "string",
    "shard": "string",
    "tokens": "int64",
    "image_tokens": "int64",
    "answer_tokens": "int64",
    "update_tokens": "int64",
}


def _rows(packs: Sequence[tuple[int, list[Planned]]], each: int) -> list[tuple[int | str, ...]]:
    answers = [sum(one.length(epoch)[2] for one in pack) for epoch, pack in packs]
    rows: list[tuple[int | str, ...]] = []
    for number, (epoch, pack) in enumerate(packs):
        update = number // each
        whole = sum(answers[update * each : (update + 1) * each])
        rows += [(update, number, epoch, one.sample_id, one.shard, *one.length(epoch), whole) for one in pack]
    return rows


def _filling(packs: Sequence[tuple[int, list[Planned]]], each: int, devices: int) -> list[tuple[int, list[Planned]]]:
    """Return the packs of the beginning once more that give every card as many in the last update."""
    lacking = -(len(packs) % each) % devices
    return [packs[place % len(packs)] for place in range(lacking)]


def _order(train: Sequence[Planned], epoch: int, options: TrainingOptions) -> list[Planned]:
    """Return the samples of an epoch: all that is new, what is replayed as large a share as the options say."""

    def place(one: Planned) -> str:
        return hashlib.sha256(f"{options.seed} {epoch} {one.sample_id}".encode()).hexdigest()

    new = [one for one in train if not one.known]
    known = sorted((one for one in train if one.known), key=place)
    wanted = round(len(new) * options.replay / (1 - options.replay))
    if wanted and not known:
        raise OptionError(f"training.replay: no sample of {', '.join(options.known)} is left to be replayed")
    return sorted([*new, *known[:wanted]], key=place)


def _first_fit(order: Sequence[Planned], epoch: int, room: int) -> list[list[Planned]]:
    packs: list[list[Planned]] = []
    free: list[int] = []
    for one in order:
        tokens = one.length(epoch)[0]
        start = max(0, len(packs) - _OPEN)
        place = next((at for at in range(start, len(packs)) if free[at] >= tokens), None)
        if place is None:
            packs.append([one])
            free.append(room - tokens)
        else:
            packs[place].append(one)
            free[place] -= tokens
    return packs


def measure_plan(plan: pd.DataFrame, sighted: Sighted, options: TrainingOptions) -> dict[str, float]:
    """Count what is learnt from, what is refused and by which rule, and how full packs are."""
    packs = plan.groupby("pack")["tokens"].sum()
    rules = Counter(refusal.rule for refusal in sighted.refused)
    splits: Mapping[Split, int] = Counter(one.split for one in sighted.used)
    return {
        "rows": len(sighted.used) + len(sighted.refused),
        "used": len(sighted.used),
        "refused": len(sighted.refused),
        **{f"refused.{rule}": count for rule, count in sorted(rules.items())},
        **{f"used.{split.value}": splits.get(split, 0) for split in Split},
        "replayed": sum(one.known for one in sighted.used),
        "packs": len(packs),
        "updates": int(plan["update"].max()) + 1,
        "tokens": int(plan["tokens"].sum()),
        "image_tokens": int(plan["image_tokens"].sum()),
        "answer_tokens": int(plan["answer_tokens"].sum()),
        "filled": round(float(packs.sum()) / (len(packs) * options.tokens_per_pack), 4),
    }


def held_out(sighted: Sighted, count: int) -> dict[str, list[str]]:
    """Choose what base and tuned are scored on: samples of `valid` in the order of their hashes.

    Returns:
        Names of samples by name of the set: `valid`, and `known`, which tells what was forgotten.
    """
    valid = sorted(
        (one for one in sighted.used if one.split is Split.VALID),
        key=lambda one: hashlib.sha256(one.sample_id.encode()).hexdigest(),
    )
    chosen = {
        "valid": [one.sample_id for one in valid if not one.known][:count],
        "known": [one.sample_id for one in valid if one.known][:count],
    }
    return {name: ids for name, ids in chosen.items() if ids}

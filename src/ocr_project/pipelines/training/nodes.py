"""From samples to a tuned model: plan, memory, base scored, training, merging, tuned scored, report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import RuntimeOptions, TrainingOptions
from ocr_project.domain.project import Project
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import TrainingSample
from ocr_project.engine.models import locate_model
from ocr_project.storage.atomic import atomic_json, atomic_text
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.steps import read_lines
from ocr_project.training.families import family_of, read_config
from ocr_project.training.jobs import Job, Phase, run_phase
from ocr_project.training.memory import Load, check_fits, fitted, shape_of
from ocr_project.training.plan import held_out, look_at, measure_plan, plan_packs
from ocr_project.training.results import card_of, check_readings, scores_of, thinned, write_page

CURRENT = "current.json"
_EVERY = "checkpoint_every"
# What changes neither weights nor scores: a run that differs in nothing else goes on, or is found finished.
_SPEED_ONLY = frozenset(
    {"devices", "sharding", "workers", "save_minutes", "keep", "device", "compile", "checkpoint_every"}
)


def plan_training(
    samples: ShardSource, options: TrainingOptions
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, float]]:
    """Look at every sample, and decide what is learnt when.

    Returns:
        The plan; what is scored (set, shard, sample_id); what is refused, and why; counts.

    Raises:
        OptionError: There is nothing to learn from.
    """
    from ocr_project.training.encoding import Encoder

    encoder = Encoder(options)

    def measure(sample: TrainingSample, epoch: int) -> tuple[int, int, int]:
        found = encoder.length(sample, epoch)
        return found.tokens, found.image, found.answer

    sighted = look_at(_rows(samples), measure, options)
    plan = plan_packs(sighted, options)
    shards = {one.sample_id: one.shard for one in sighted.used}
    chosen = held_out(sighted, options.score_items)
    held = [(name, shards[sample_id], sample_id) for name, ids in chosen.items() for sample_id in ids]
    refused = [(one.sample_id, one.source, one.split.value, one.rule, one.reason) for one in sighted.refused]
    return (
        plan,
        pd.DataFrame(held, columns=["set", "shard", "sample_id"], dtype="string"),
        pd.DataFrame(refused, columns=["sample_id", "source", "split", "rule", "reason"]),
        measure_plan(plan, sighted, options),
    )


def _rows(samples: ShardSource) -> Iterator[tuple[str, TrainingSample]]:
    """Read all samples but for their images: one that is ok has one."""
    for name in samples.index():
        for row in samples.read(name, without=("image",)):
            yield name, replace(row, image=b"")


def predict_training_memory(plan: pd.DataFrame, options: TrainingOptions, runtime: RuntimeOptions) -> dict[str, float]:
    """Predict what a card needs for the largest pack, before anything is loaded.

    Returns:
        GiB by part, and the peak; `checkpoint_every`, as given or as it fits; empty where the model's configuration is
        not on this machine yet.

    Raises:
        OptionError: A card of `runtime.gpu_memory_gib` cannot hold it; the message has the knobs to turn.
    """
    located = locate_model(options.model, options.revision, option="training.model")
    if located.folder is None:
        return {}
    config = read_config(located.folder)
    by_pack = plan.groupby("pack")[["tokens", "image_tokens", "answer_tokens"]].sum()
    load = Load(*(int(by_pack[name].max()) for name in ("tokens", "image_tokens", "answer_tokens")))
    gib = 0.0 if options.device == "cpu" else runtime.gpu_memory_gib
    shape, family = shape_of(config), family_of(config, model=options.model)
    chosen = fitted(shape, family, options, load, gib)
    return {**check_fits(shape, family, chosen, load, gib).table(), _EVERY: float(chosen.recomputed_every)}


def train_model(
    models: Path,
    samples: ShardSource,
    plan: pd.DataFrame,
    held: pd.DataFrame,
    memory: Mapping[str, float],
    options: TrainingOptions,
) -> dict[str, Any]:
    """Score the base, train, merge and prove, score the merged model: each in a process of its own.

    What an earlier run with the same samples and options has finished is not done again, and a training that was
    ended goes on.

    Returns:
        `run`, the folder of it, and what each phase found.
    """
    located = locate_model(options.model, options.revision, option="training.model")
    run = models / run_name(plan, held, options, located.revision)
    run.mkdir(parents=True, exist_ok=True)
    plan.to_parquet(run / "plan.parquet", index=False)
    held.to_parquet(run / "held_out.parquet", index=False)
    every = options.checkpoint_every if options.checkpoint_every is not None else int(memory.get(_EVERY, 1))
    chosen = options.model_copy(update={_EVERY: every})
    job = Job(chosen, run, _folder_of(samples), run / "plan.parquet", run / "held_out.parquet")
    found: dict[str, Any] = {"run": str(run), "revision": located.revision, "memory": dict(memory)}
    for phase in (Phase.SCORE_BASE, Phase.TRAIN, Phase.MERGE, Phase.SCORE_TUNED):
        found[phase.value] = run_phase(job, phase)
    atomic_json(models / CURRENT, {"run": run.name})
    return found


def run_name(plan: pd.DataFrame, held: pd.DataFrame, options: TrainingOptions, revision: str) -> str:
    """Return the name of a run's folder: the model's, and a hash of all that changes its weights or scores."""
    chosen = {name: value for name, value in options.model_dump(mode="json").items() if name not in _SPEED_ONLY}
    learnt = plan[["pack", "epoch", "sample_id", "tokens"]].to_csv(index=False) + held.to_csv(index=False)
    whole = json.dumps(chosen, sort_keys=True) + revision + learnt
    name = "".join(letter if letter.isalnum() or letter in "._" else "_" for letter in Path(options.model).name)
    return f"{name[:40]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _folder_of(samples: ShardSource) -> Path:
    folder = getattr(samples, "folder", None)
    if folder is None:
        raise OptionError("training reads its samples from a folder of shards: see training_samples in the catalog")
    return Path(folder)


def report_training(
    trained: Mapping[str, Any],
    counts: Mapping[str, float],
    project: Project,
    scratch: Scratch,
    options: TrainingOptions,
) -> tuple[Path, pd.DataFrame, pd.DataFrame, dict[str, float]]:
    """Write the page and the model card.

    Returns:
        The page, in `scratch`; scores; the curve; metrics.
    """
    run = Path(trained["run"])
    read = pd.concat([check_readings(pd.read_parquet(run / f"{name}_readings.parquet")) for name in ("base", "tuned")])
    base, tuned = (read[read["model"] == name] for name in ("base", "tuned"))
    scores, steps = scores_of(base, tuned), pd.DataFrame(read_lines(run / "steps.jsonl"))
    facts = _facts(trained, counts, project, options)
    with atomic_text(run / "merged" / "README.md") as file:
        file.write(card_of(options, facts, scores, licence="other"))
    with scratch.draft("training.html") as path:
        write_page(path, facts, scores, steps, read)
    return path, scores, thinned(steps), _metrics(trained, scores)


def _facts(
    trained: Mapping[str, Any], counts: Mapping[str, float], project: Project, options: TrainingOptions
) -> dict[str, Any]:
    done, merged, memory = trained["train"], trained["merge"], trained["memory"]
    refused = ", ".join(
        f"{int(count):,} {name.partition('.')[2]}" for name, count in counts.items() if "refused." in name
    )
    return {
        "base": f"{options.model} {trained['revision']}".strip(),
        "trained": ", ".join(f"{name} {count:,}" for name, count in done["trained"].items()),
        "samples": f"{int(counts['used.train']):,} learnt of {int(counts['rows']):,}; refused: {refused or 'none'}",
        "updates": f"{done['updates']:,}; last loss {done['loss']:.4f}",
        "memory": f"predicted {memory.get('peak', 0):g} GiB, measured {done['gpu_gib']:g} GiB (0: no GPU)",
        "speed": f"{done['tokens_per_second']:,.0f} tokens/s, {done['mfu']:.1%} of the card's arithmetic",
        "proof": f"logits of adapter and merged {merged['adapter_merged']:.1e} of their spread apart;"
        f" {merged['frozen']:,} tensors as in the base, {merged['moved']:,} moved",
        "code": project.commit or "not a git checkout",
        "folder": f"{Path(trained['run']).name}/merged",
    }


def _metrics(trained: Mapping[str, Any], scores: pd.DataFrame) -> dict[str, float]:
    done = trained["train"]
    found = {name: float(done[name]) for name in ("updates", "loss", "tokens_per_second", "mfu", "gpu_gib")}
    found["predicted_gib"] = float(trained["memory"].get("peak", 0.0))
    for row in scores.to_dict("records"):
        name = f"{row['model']}.{row['set']}.{row['metric']}"
        found[name] = round(float(row["rate"]), 6)
        found[f"{name}.numerator"] = float(row["numerator"])
    return found

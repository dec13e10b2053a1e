"""The real command, timed as a person runs it: `kedro run` and `kedro launch local` over files, models loaded or not.

Usage: python -m benchmarks.whole_command --pages DIR --model DIR --layout DIR --forced shared/gpu --json FILE
           --counts 64-cold 64 512 2048 --launch 2048 [--warm-up] [--params …] [--limit-seconds 560]
       python -m benchmarks.whole_command --pages DIR --env local --fake 2 --pace 60 --counts 64 --launch 64
           --workers 2 --settings '{"layout": {"backend": "opencv"}, "recognition": {"backend": "vllm"}}'  (no card)

Pages are those of shared/gpu/gen_pages.py, as PDFs of up to 40 pages (`--images`: files of one), repeated as often as
it takes. Each run has a fresh data folder, in a copy of the project whose environment (`--env`) names the models that
are given. The detector works as ever, and its answers are replaced by the known regions (`benchmarks.known_regions`).
`--forced` is for models without weights: answers have a forced length, and are neither judged nor asked again.

`--counts` are the pages of `kedro run`, one run each, on `--cards` (1) of the cards that are there; `--launch` those
of `kedro launch local` after them, on all. `N-cold` begins with nothing compiled: what servers compile is kept below
`--folder`, apart from the user's, and is moved away. Bytecode stays. `--warm-up` makes what the other runs find there,
by runs of 16 pages after the cold ones, where it is not there yet. Several lanes, each with a card: two calls, each
with its CUDA_VISIBLE_DEVICES and its `--folder`.

Figures are those that the run stores (`benchmarks.run_figures`), but for the pages that recognition has done, which
are read from its progress bar. `--limit-seconds` ends the call: the command is stopped as by Ctrl-C, and what there
was of it is told. Each row is written to `--json` as soon as it is there.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.drawn_documents import drawn_regions, write_documents
from benchmarks.fake_servers import MODEL, fake_servers
from benchmarks.gpu_machine import busy_core_seconds, commit, hardware
from benchmarks.known_pages import drawn_pages
from benchmarks.measured_project import (
    cards_environment,
    command_environment,
    compiled_kind,
    measured_project,
    move_compiled_away,
)
from benchmarks.run_figures import Ran, figures_of
from benchmarks.watched import Watched

from ocr_project.engine.running.cards import cards_shown

COLD = "-cold"
WARM_UP_PAGES = 16
ENDED = (0, 3)  # exit status of a run that went to its end; 3: with pages that failed
LEAST = 20.0  # seconds, below which no run is begun
_SHOWN = (
    *(
        "first_transcript",
        "first_file",
        "servers_ready",
        "whole",
        "recognition_pages_per_second",
        "middle_pages_per_second",
        "tail",
    ),
    *("watt_hours_per_1000_pages", "watts", "requests_a_page", "prompt_tokens_a_page", "failed"),
)
_NUMBERS = re.compile(r"\[\s+([-\d.,\s]+?)\s+\]")


class Bench:
    """What is run, one after another, and what is known of it."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self._chosen = chosen
        self._until = time.monotonic() + chosen.limit_seconds
        self._against = json.loads(chosen.against.read_text())["runs"] if chosen.against else []
        self._drawn = drawn_pages(chosen.pages)
        self.result: dict[str, Any] = {"commit": chosen.commit or commit(), "hardware": hardware(), "runs": []}
        self.result |= {"env": chosen.env, "params": chosen.params, "settings": chosen.settings, "left_out": []}

    def run(self, count: int, *, launch: bool = False, cold: bool = False, params: str = "", what: str = "") -> None:
        """Run the command over so many pages, and write down what it took; not where no time is left."""
        name = what or f"{'launch' if launch else 'run'} of {count}{COLD if cold else ''}"
        if self._until - time.monotonic() < LEAST:
            self.result["left_out"].append(name)
            self._write()
            return
        source = self._chosen.folder / f"documents-{count}"
        write_documents(source, self._chosen.pages, count, images=self._chosen.images)
        if cold:
            move_compiled_away()
        row: dict[str, Any] = {"what": name, "count": count, "launch": launch, "cold": cold}
        row |= {"cards": len(cards_shown()) if launch else min(self._chosen.cards, len(cards_shown()))}
        row["compiled"] = compiled_kind(self._chosen, count) is None
        row |= self._watched(len(self.result["runs"]), source, launch, params)
        row |= self._known(source, row)
        if launch:
            row |= self._scaling(row)
        self.result["runs"].append(row)
        print(f"{name}: {json.dumps({key: row[key] for key in _SHOWN if key in row})}", file=sys.stderr, flush=True)
        self._write()

    def warm_up(self, counts: Sequence[int]) -> None:
        """Let servers compile what these runs will find compiled, where they would not."""
        for count in counts:
            if (kind := compiled_kind(self._chosen, count)) is not None:
                params = f"recognition.vllm.compile_vision={kind},recognition.vllm.replicas=1"
                self.run(WARM_UP_PAGES, params=params, what=f"warm-up, compile_vision={kind}")

    def _watched(self, number: int, source: Path, launch: bool, params: str) -> dict[str, Any]:
        """Run the command; return what it took."""
        data = self._chosen.folder / f"data-{number}"
        shutil.rmtree(data, ignore_errors=True)
        environment = command_environment(self._chosen)
        if not launch:
            environment |= cards_environment(self._chosen.cards)
        command = command_of(self._chosen, source, data, launch, params)
        cores, began = busy_core_seconds(), time.time()
        watched = Watched(command, self._chosen.folder / "project", environment)
        status = watched.wait(self._until - time.monotonic())
        seconds = watched.ended - began
        row = {"whole": round(seconds, 2), "status": status, "stopped": status is None}
        row["cores_of_machine"] = round((busy_core_seconds() - cores) / seconds, 2)
        row |= figures_of(Ran(data, began, seconds, [(at - began, done) for at, done in watched.progress]))
        if status not in ENDED:
            row["said"] = watched.said[-1500:]
        if not self._chosen.keep:
            shutil.rmtree(data, ignore_errors=True)
        return row

    def _known(self, source: Path, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the regions of a page as they were drawn, and whether those that were read are they."""
        if not row.get("regions_a_page"):
            return {}
        regions = [drawn_regions(self._drawn, "pages_0", number + 1) for number in range(row["count"])]
        mean = sum(map(len, regions)) / len(regions)
        asked = sum(label != "image" for each in regions for label, _ in each) / len(regions)
        whole = row["recognition_pages"] == row["count"]
        same = abs(row["regions_a_page"] - mean) < 0.001 and abs(row["asked_a_page"] - asked) < 0.001
        told = {"regions_as_known": same} if whole else {}
        return {"known_regions_a_page": round(mean, 3), "known_asked_a_page": round(asked, 3), **told}

    def _scaling(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Hold a launch against a run of as many pages on one card, where there is one."""
        alone = next(
            (
                one
                for one in (*self.result["runs"], *self._against)
                if one["count"] == row["count"] and not one["launch"] and not one["cold"] and one["cards"] <= 1
            ),
            None,
        )
        if alone is None or "recognition_pages_per_second" not in row or "recognition_pages_per_second" not in alone:
            return {}
        found = {"times_one_card": row["recognition_pages_per_second"] / alone["recognition_pages_per_second"]}
        found["times_one_card_whole"] = alone["whole"] / row["whole"]
        return {name: round(value, 3) for name, value in found.items()}

    def _write(self) -> None:
        if self._chosen.json is not None:
            self._chosen.json.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.result, indent=1, ensure_ascii=False)
            short = _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text)  # a shard a line
            self._chosen.json.write_text(f"{short}\n")


def main() -> int:
    """Run all, and print a table."""
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then, too
    chosen.folder = chosen.folder or Path(tempfile.mkdtemp(prefix="ocr_whole_command_"))
    chosen.folder = chosen.folder.resolve()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if chosen.fake:
            pace = ("--pace", str(chosen.pace))
            urls, _ = stack.enter_context(fake_servers(chosen.fake, *pace))
            chosen.urls, chosen.model = [*chosen.urls, *urls], Path(MODEL)
        measured_project(chosen)
        bench = Bench(chosen)
        if chosen.warm_up:
            warm = [count for count in chosen.counts if not count.endswith(COLD)]
            cold_first = [count for count in chosen.counts if count.endswith(COLD)]
            for count in cold_first:  # before the warm-up: it would not be cold after it, and leaves what it compiled
                bench.run(int(count.removesuffix(COLD)), cold=True)
            bench.warm_up([*map(int, warm), *chosen.launch])
            chosen.counts = warm
        for count in chosen.counts:
            bench.run(int(count.removesuffix(COLD)), cold=count.endswith(COLD))
        for count in chosen.launch:
            bench.run(count, launch=True)
    print(table(bench.result["runs"]), flush=True)
    return int(any(row["status"] not in (*ENDED, None) for row in bench.result["runs"]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True, help="folder of gen_pages.py")
    parser.add_argument("--images", action="store_true", help="a JPEG for each page, no PDFs")
    parser.add_argument("--counts", nargs="*", default=[], help="pages of each `kedro run`: 64, 64-cold")
    parser.add_argument("--launch", nargs="*", type=int, default=[], help="pages of each `kedro launch local`")
    parser.add_argument("--workers", type=int, help="of a launch; one for each card by default")
    parser.add_argument("--cards", type=int, default=1, help="that `kedro run` sees; more: with runtime.gpus=all")
    parser.add_argument("--env", default="h200")
    parser.add_argument("--params", default="", help="further ones of the command")
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON, into the environment's parameters")
    parser.add_argument("--model", type=Path, help="folder of GLM-OCR")
    parser.add_argument("--layout", type=Path, help="checkpoint of PP-DocLayoutV3; without weights where none is")
    parser.add_argument("--forced", type=Path, help="folder of forced_length.py, for models without weights")
    parser.add_argument("--urls", nargs="+", default=[], help="servers that run")
    parser.add_argument("--fake", type=int, default=0, metavar="SERVERS", help="that know nothing, instead")
    parser.add_argument("--pace", type=float, default=0.0, help="answers a second of a fake one")
    parser.add_argument("--warm-up", action="store_true")
    parser.add_argument("--limit-seconds", type=float, default=3600.0, help="of the whole call")
    parser.add_argument("--against", type=Path, help="JSON of an earlier call with runs on one card")
    parser.add_argument("--folder", type=Path, help="to work in; what servers compile stays there")
    parser.add_argument("--keep", action="store_true", help="keep the data folders")
    parser.add_argument("--commit", default="")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def command_of(chosen: argparse.Namespace, source: Path, data: Path, launch: bool, params: str) -> list[str]:
    """Return what a person types."""
    given = [f"ingest.source={source}", chosen.params, params]
    if launch:
        workers = ["--workers", str(chosen.workers)] if chosen.workers else []
        command = ["launch", "local", *workers, "--data", str(data)]
    else:
        command, given = ["run"], [f"data={data}", *given]
        given += ["runtime.gpus=all"] if chosen.cards > 1 else []
    every = ",".join(filter(None, given))
    return [sys.executable, "-m", "kedro", *command, "--pipelines", "ocr", "--env", chosen.env, "--params", every]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a person reads them."""
    lines = []
    for row in rows:
        told = [f"{name} {row[name]}" for name in _SHOWN if name in row]
        told += [f"regions as known: {row['regions_as_known']}"] if "regions_as_known" in row else []
        told += [f"{row['times_one_card']} times one card"] if "times_one_card" in row else []
        told += [f"GPU {card['gpus']}: {card['pages']} pages, {card['seconds']} s" for card in row.get("workers", ())]
        how = "STOPPED by the limit, " if row["stopped"] else "" if row["status"] in ENDED else "FAILED, "
        lines.append(f"{row['what']:<24} {row['cards']} cards: {how}{', '.join(told)}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

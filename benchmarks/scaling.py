"""How OCR, embedding, training and the matrix spread over the cards of a machine: 1, 2, 4 and 8 in one call.

Usage: python -m benchmarks.scaling --pages DIR --model DIR --layout DIR --forced shared/gpu --json FILE
       python -m benchmarks.scaling --simulate --pages DIR [--cards 1 4 8] [--slower 8] [--clients 1 0] --json FILE

Models of the true shape without weights; cards that are not there are left out. Measured are, one after the other:

    training   LoRA of Qwen3-VL-8B by our own loop, one process a card, FSDP2 (`benchmarks.training_step`): tokens/s
    ocr        distinct pages (shared/gpu/gen_pages.py), bytes to transcripts (`benchmarks.end_to_end_gpu`): pages/s
    embedding  images of pages to vectors (`benchmarks.embedding`): pages/s
    matrix     as many runs as cards, side by side, each with the servers of one card (`benchmarks.matrix`): seconds

The servers of all parts that want some start at once on all cards, beside each other; of n cards, the first n are
asked. Stages of OCR are beside each other, as those of a run are. Each measurement is a process of its own with a
limit (`--limit`), and written down when it ends: one that fails costs no other one. Of the host: `cores_of_process`
is what the process that feeds all servers keeps busy, which Python's lock ends near 1; `core_seconds` is of our own
processes, `cores_of_machine` of all, servers included.

`--simulate` puts a fake server in the place of each card, at the pace of a real one (`--pace`, `--embedding-pace`). On
a machine with too few cores for that, `--slower N` divides the pace by N: what the host does in a second has to be
multiplied by N again. `--cores-a-card` holds clients and fakes to cores of their own.

`--clients` are the processes that share pages and servers of `ocr`, 0: one for each card, as `kedro launch local` has.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks import embedding, serving
from benchmarks.fake_servers import MODEL, fake_servers
from benchmarks.gpu_machine import add_to_path, commit, hardware, plugin_folder
from benchmarks.weightless_qwen3_vl import write_folder

from ocr_project.domain.options import RuntimeOptions, ServerOptions, Sharing
from ocr_project.domain.options.cards import on_cards
from ocr_project.engine.models.served.embedding import pooling_arguments
from ocr_project.engine.models.served.mps import Mps
from ocr_project.engine.models.served.server import ServerFleet
from ocr_project.engine.running.cards import cards_of

PARTS = ("training", "ocr", "embedding", "matrix")
WANTED = {"ocr": (1.9, 3.8, 7.4), "embedding": (1.9, 3.8, 7.4), "training": (1.85, 3.7, 7.2), "matrix": (1.05,) * 3}
COUNTS = (2, 4, 8)  # of cards, of what is wanted
REQUESTS_A_PAGE = 7.7  # of the drawn pages
REQUESTS = {"ocr": 512, "embedding": 192}  # in flight for a card: conf/h200
PROFILE = {"max_num_seqs": 128, "server_args": ["--kv-cache-memory-bytes=8G"]}  # conf/h200; the cache leaves room
EMBEDDING_CROPS = 6  # processes for a card: conf/h200
_MPS = ("CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY")

_SHOWN = ("layout", "recognition", "transcript", "core_seconds_a_page", "cores_of_process", "cores_of_thread",
          "cores_of_crops", "cores_of_machine", "resident_mb", "gpu_percent_each", "gpu_memory_gb_max", "watt_hours",
          "step_s", "peak_gib", "mfu", "idle", "sharding", "failed", "answers")  # fmt: skip

Urls = Callable[[str, int], list[list[str]]]  # part and cards to the addresses of each card


class Record:
    """What is known so far; written as a whole with each row."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self._path: Path | None = chosen.json
        self._began = time.perf_counter()
        self.result: dict[str, Any] = {"commit": chosen.commit or commit(), "hardware": hardware(), "rows": []}
        self.result |= {"simulated": bool(chosen.simulate), "slower": chosen.slower}

    def say(self, text: str) -> None:
        """Print a line of progress with the seconds since the start."""
        print(f"[{time.perf_counter() - self._began:6.1f} s] {text}", file=sys.stderr, flush=True)

    def add(self, row: dict[str, Any]) -> None:
        """Add what one measurement found, with its ratio to that of one card."""
        self.result["rows"].append(row)
        alone = next((one for one in self.result["rows"] if _is_alone(one, row) and one.get("value")), None)
        if alone is not None and row.get("value"):
            row["ratio"] = round(row["value"] / alone["value"], 3)
            if row["cards"] in COUNTS:
                row["wanted"] = WANTED[row["part"]][COUNTS.index(row["cards"])]
        self.say(json.dumps({name: row[name] for name in row if name != "raw"}))
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self.result, indent=1) + "\n")


def _is_alone(one: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return one["part"] == row["part"] and one["cards"] == 1 and one["clients"] == 1


def main() -> int:
    """Measure, and print a table."""
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then, too
    record = Record(chosen)
    there = len(cards_of(RuntimeOptions(gpus="all")))
    counts = [count for count in chosen.cards if chosen.simulate or count <= there]
    record.result["left_out"] = [count for count in chosen.cards if count not in counts]
    if not counts:
        raise SystemExit("there is no GPU here: see --simulate")
    if "training" in chosen.parts and not chosen.simulate:
        for count in counts:
            record.add(training(chosen, count))
    asked = [part for part in PARTS[1:] if part in chosen.parts]
    with (simulated if chosen.simulate else started)(chosen, asked, max(counts)) as urls:
        for part in asked:
            for count in counts:
                shared = {min(count, many or count) for many in chosen.clients} if part == "ocr" else {1}
                for clients in sorted(shared):
                    record.add(attempted(chosen, part, urls, count, clients))
    print(table(record.result["rows"], chosen.slower), flush=True)
    return int(any("error" in row for row in record.result["rows"]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--cards", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--pages", type=Path, help="folder of gen_pages.py")
    parser.add_argument("--pages-a-card", type=int, default=1024)
    parser.add_argument("--images-a-card", type=int, default=512)
    parser.add_argument("--documents", type=int, default=24, help="of a run of the matrix, ten questions each")
    parser.add_argument("--model", type=Path, help="folder of a weightless GLM-OCR")
    parser.add_argument("--layout", type=Path, help="checkpoint of PP-DocLayoutV3")
    parser.add_argument("--layout-options", type=json.loads, default={}, help="JSON of layout.pp_doclayout_v3")
    parser.add_argument("--forced", type=Path)
    parser.add_argument("--profile", type=json.loads, default=PROFILE, help="JSON of recognition.vllm")
    parser.add_argument("--replicas", type=int, default=4)
    parser.add_argument("--batched-tokens", type=int, default=16384)
    parser.add_argument("--compile", default="tower")
    parser.add_argument("--kv", default="4G", help="of each server that embeds")
    parser.add_argument("--server-args", nargs="*", default=[], help="of all servers: --server-args=--name=value")
    parser.add_argument("--command", nargs="+", default=[], help="what stands before `serve`, for a trial")
    parser.add_argument("--crop-workers", type=int, default=0, help="of a client that recognises; 0: as the product")
    parser.add_argument("--training", nargs="+", default=["qwen3-vl-8b", "lora", "4"], help="model, method, pages")
    parser.add_argument("--every", type=int, default=2, help="layers, of which one is recomputed")
    parser.add_argument("--sharding", default="fsdp2", help="fsdp2 or replicas, of training on several cards")
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--limit", type=float, default=300, help="seconds of one measurement")
    parser.add_argument("--startup-seconds", type=float, default=400)
    parser.add_argument("--simulate", action="store_true")
    parser.add_argument("--pace", type=float, default=17.6, help="pages/s that a card recognises")
    parser.add_argument("--embedding-pace", type=float, default=35.9, help="pages/s that a card embeds")
    parser.add_argument("--slower", type=float, default=1.0)
    parser.add_argument("--clients", type=int, nargs="+", default=[1])
    parser.add_argument("--cores-a-card", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "scaling-benchmark")
    parser.add_argument("--commit", default="")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


@contextmanager
def started(chosen: argparse.Namespace, parts: Sequence[str], cards: int) -> Iterator[Urls]:
    """Start the servers of all parts on all cards at once; who asks for their addresses waits until they are ready."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("VLLM_USE_FLASHINFER_SAMPLER", "0")  # as shared/gpu/serve.sh: it is not in the bundle
    wanted = dict(_options_of(chosen, parts, cards))
    with ExitStack() as stack:
        if wanted:
            mps = Mps(next(iter(wanted.values()))[0])  # one for all of them: two would take turns on a card
            stack.callback(mps.close)
            mps.start()
            os.environ.update(mps.environment)
        fleets: dict[str, ServerFleet] = {}
        for part, (options, own) in wanted.items():
            fleets[part] = ServerFleet(options.model_copy(update={"sharing": Sharing.TIME}), own)
            stack.callback(fleets[part].close)
            fleets[part].begin()

        def urls(part: str, count: int) -> list[list[str]]:
            found = fleets["ocr" if part == "matrix" else part].wait()
            return [found[card * chosen.replicas : (card + 1) * chosen.replicas] for card in range(count)]

        yield urls


def _options_of(
    chosen: argparse.Namespace, parts: Sequence[str], cards: int
) -> Iterator[tuple[str, tuple[ServerOptions, Sequence[str]]]]:
    gpus = tuple(range(cards))
    if {"ocr", "matrix"} & set(parts):
        asked = argparse.Namespace(**{**vars(chosen), "logs": chosen.folder / "logs"})
        read = serving.served(asked, chosen.replicas, chosen.batched_tokens, chosen.compile)
        yield "ocr", (_further(chosen, on_cards(read, gpus)), ())
    if "embedding" in parts:
        folder = write_folder(chosen.folder / "Qwen3-VL-Embedding-2B")
        add_to_path(plugin_folder(chosen.folder))
        setting = {"replicas": chosen.replicas, "compile_vision": chosen.compile, "requests": REQUESTS["embedding"]}
        own = {"renderers": 2, "crop_workers": EMBEDDING_CROPS, "server_args": ()}
        asked = argparse.Namespace(**{**vars(chosen), **own, "folder": chosen.folder / "embedding"})
        vectors = embedding.options_of(asked, folder, setting)
        yield "embedding", (_further(chosen, on_cards(vectors, gpus)), pooling_arguments(vectors))


def _further(chosen: argparse.Namespace, options: ServerOptions) -> ServerOptions:
    more = {"server_args": (*options.server_args, *chosen.server_args), "startup_seconds": chosen.startup_seconds}
    return options.model_copy(update=more | ({"command": tuple(chosen.command)} if chosen.command else {}))


@contextmanager
def simulated(chosen: argparse.Namespace, parts: Sequence[str], cards: int) -> Iterator[Urls]:
    """Put a fake server in the place of each card, at its pace."""
    with ExitStack() as stack:
        found: dict[str, list[str]] = {}
        for part in parts:
            pace = chosen.embedding_pace if part == "embedding" else chosen.pace * REQUESTS_A_PAGE
            given = ["--pace", str(pace / chosen.slower), *(["--embed"] if part == "embedding" else [])]
            found[part], processes = stack.enter_context(fake_servers(cards, *given))
            for process in processes if chosen.cores_a_card else ():
                os.sched_setaffinity(process, set(os.sched_getaffinity(0)) - _client_cores(chosen, cards))
        yield lambda part, count: [[url] for url in found[part][:count]]


def _client_cores(chosen: argparse.Namespace, cards: int) -> set[int]:
    """Return the cores that clients may use: so many a card."""
    here = sorted(os.sched_getaffinity(0))
    return set(here[: chosen.cores_a_card * cards]) if chosen.cores_a_card else set(here)


def attempted(chosen: argparse.Namespace, part: str, urls: Urls, cards: int, clients: int) -> dict[str, Any]:
    """Return a row of what was measured, or of why it was not."""
    row: dict[str, Any] = {"part": part, "cards": cards, "clients": clients}
    try:
        commands = _commands(chosen, part, urls(part, cards), clients)
        return row | _told(part, run_together(chosen, commands, cards))
    except Exception as error:  # the next one is measured all the same
        return row | {"error": f"{type(error).__name__}: {error}"[:2000]}


def _commands(chosen: argparse.Namespace, part: str, urls: Sequence[Sequence[str]], clients: int) -> list[list[str]]:
    """Return the command of each client: its share of the cards, and of the pages."""
    if part == "matrix":
        model = MODEL if chosen.simulate else serving.ALIAS
        given = ["--documents", str(chosen.documents), "--model", model]
        return [["benchmarks.matrix", *given, "--urls", *("+".join(each) for each in urls)]]
    commands = []
    for client in range(clients):
        first, last = len(urls) * client // clients, len(urls) * (client + 1) // clients
        share = last - first
        given = ["--urls", *(url for each in urls[first:last] for url in each), "--cards", str(share)]
        given += ["--requests", str(REQUESTS[part] * share)]
        if part == "embedding":
            workers = EMBEDDING_CROPS * share if not chosen.simulate else chosen.crop_workers
            given += ["--images", str(chosen.images_a_card * share), "--texts", "0", "--peer", "0"]
            given += ["--folder", str(chosen.folder), "--crop-workers", str(workers), "--limit", str(chosen.limit)]
            commands.append(["benchmarks.embedding", *given])
            continue
        pages = chosen.pages_a_card
        given += ["--pages", str(chosen.pages), "--count", str(pages * share), "--first", str(pages * first)]
        given += ["--crop-workers", str(chosen.crop_workers)]
        if chosen.layout:
            options = {**chosen.layout_options, "gpus": list(range(first, last))}
            given += ["--layout", str(chosen.layout), "--layout-options", json.dumps(options)]
        commands.append(["benchmarks.end_to_end_gpu", *given])
    return commands


def run_together(chosen: argparse.Namespace, commands: Sequence[Sequence[str]], cards: int) -> list[dict[str, Any]]:
    """Run clients beside each other and return what they wrote; all are ended where one takes too long.

    Raises:
        RuntimeError: One failed: with the end of what it said.
    """
    cores = _client_cores(chosen, cards)
    environment = {name: value for name, value in os.environ.items() if name not in _MPS}
    chosen.folder.mkdir(parents=True, exist_ok=True)
    running: list[tuple[subprocess.Popen[bytes], Path, Path]] = []
    deadline = time.monotonic() + chosen.limit
    try:
        for place, command in enumerate(commands):
            found, log = chosen.folder / f"client-{place}.json", chosen.folder / f"client-{place}.log"
            found.unlink(missing_ok=True)
            started_ = ["taskset", "-c", ",".join(map(str, sorted(cores)))] if chosen.cores_a_card else []
            with log.open("wb") as output:
                client = subprocess.Popen(
                    [*started_, sys.executable, "-m", *command, "--json", str(found)],
                    stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True,
                )  # fmt: skip
            running.append((client, found, log))
        for client, found, log in running:
            if client.wait(max(1.0, deadline - time.monotonic())) or not found.is_file():
                raise RuntimeError(f"status {client.returncode}: {log.read_text(errors='replace')[-1500:]}")
        return [json.loads(found.read_text()) for _, found, _ in running]
    finally:
        for client, _, _ in running:
            end_group(client)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a client and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def training(chosen: argparse.Namespace, cards: int) -> dict[str, Any]:
    """Return a row of the training step; on one card it is not sharded."""
    given = [*chosen.training, "--every", str(chosen.every), "--workers", "6", "--steps", str(chosen.steps)]
    command = ["benchmarks.training_step", *given, "--cards", str(cards)]
    if cards > 1:
        command = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(cards), "-m", *command]
        command += ["--sharding", chosen.sharding]
    row: dict[str, Any] = {"part": "training", "cards": cards, "clients": 1}
    try:
        (found,) = run_together(chosen, [command], cards)
    except Exception as error:  # the next one is measured all the same
        return row | {"error": f"{type(error).__name__}: {error}"[:2000]}
    return row | {"value": found["tokens_s"], "unit": "tokens/s", **_kept(found)}


def _told(part: str, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a person compares; rates of clients beside each other are added up."""
    if part == "matrix":
        return {"value": max(found[0]["asking_seconds"]), "unit": "s", **_kept(found[0]), "raw": list(found)}
    if part == "embedding":
        heavy = [one["runs"][0]["images"] for one in found]
        stages = [{"embedding": stage} for stage in heavy]
        pages = sum(one["images"] for one in found)
        whole = [(stage["per_second"], stage["cpu_seconds_each"]) for stage in heavy]
    else:
        stages = [one["stages"] for one in found]
        heavy = [one["recognition"] for one in stages]
        pages = sum(one["count"] for one in found)
        whole = [(one["whole"]["pages_per_second"], one["whole"]["core_seconds_a_page"]) for one in found]
    every = [stage for one in stages for stage in one.values()]
    told: dict[str, Any] = {"value": round(sum(rate for rate, _ in whole), 2), "unit": "pages/s"}
    told |= {"pages": pages, "failed": sum(stage["failed"] for stage in every)}
    told |= {"core_seconds_a_page": round(sum(cores for _, cores in whole) / len(whole), 4)}
    told |= {name: max(one[name] for one in heavy) for name in ("cores_of_process", "cores_of_thread")}
    told |= {"cores_of_crops": round(sum(one["cores_of_crops"] for one in heavy), 2)}
    told |= {"cores_of_machine": max(one["cores_of_machine"] for one in heavy)}
    told |= {"resident_mb": max(stage["resident_mb"] for stage in every)}
    if part == "ocr":
        told |= {name: round(sum(one[name]["pages_per_second"] for one in stages), 2) for name in stages[0]}
    if "watt_hours" in heavy[0]:
        told |= {"gpu_percent_each": [share for one in heavy for share in one["gpu_percent_each"]]}
        told |= {"gpu_memory_gb_max": max(one["gpu_memory_gb_max"] for one in heavy)}
        told |= {"watt_hours": round(sum(stage.get("watt_hours", 0.0) for stage in every), 2)}
    return told | {"raw": list(found)}


def _kept(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in _SHOWN if name in found}


def table(rows: Sequence[Mapping[str, Any]], slower: float = 1.0) -> str:
    """Return the rows as a person reads them; of slow motion, what the host would do at full pace."""
    lines = []
    for row in rows:
        line = f"{row['part']:<9} {row['cards']} cards, {row['clients']} client(s): "
        if "error" in row:
            lines.append(f"{line}FAILED {row['error'][-300:]}")
            continue
        line += f"{row['value'] * (slower if row['unit'] == 'pages/s' else 1):.2f} {row['unit']}"
        line += f", {row['ratio']} times one (wanted {row.get('wanted', '-')})" if "ratio" in row else ""
        line += "".join(f", {name} {row[name]}" for name in _SHOWN if row.get(name) not in (None, 0, {}))
        if slower != 1 and "cores_of_process" in row:
            line += f"; at full pace the process would want {row['cores_of_process'] * slower:.2f} cores"
        lines.append(line)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

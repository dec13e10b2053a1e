"""A profile of kernels: what is summed up of a trace, and what is said where there is none."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from benchmarks.kernel_profile import profiled, profiler_arguments, summed, table


def event(name: str, began: float, seconds: float, kind: str = "kernel") -> dict[str, Any]:
    return {"ph": "X", "cat": kind, "name": name, "ts": began, "dur": seconds * 1e6, "args": {}}


EVENTS = [
    event("void cutlass::device_kernel<flash::enable_sm90<flash::FlashAttnFwdSm90>>", 0.0, 2.0),
    event("nvjet_tst_128x256_64x4", 1e6, 3.0),  # one second beside the first
    event("nvjet_tst_128x256_64x4", 6e6, 1.0),
    event("Memcpy HtoD", 9e6, 1.0, "gpu_memcpy"),
    event("aten::mm", 0.0, 20.0, "cpu_op"),
    {"ph": "M", "name": "process_name"},
]


def write_trace(folder: Path, events: list[dict[str, Any]], name: str = "rank0") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.123.pt.trace.json.gz"
    with gzip.open(path, "wt") as file:
        json.dump({"traceEvents": events}, file)
    return path


def test_kernels_are_summed_by_name_and_class_and_the_rest_is_idle(tmp_path: Path) -> None:
    found = summed(write_trace(tmp_path, EVENTS))
    seconds = {name: one["seconds"] for name, one in found["classes"].items()}
    assert found["seconds"] == 10.0
    assert seconds == {"gemm": 4.0, "idle": 4.0, "attention": 2.0, "copies": 1.0}
    assert found["classes"]["idle"]["share"] == 0.4
    first = found["kernels"][0]
    assert (first["name"], first["calls"], first["class"]) == ("nvjet_tst_128x256_64x4", 2, "gemm")
    assert "10.00 s of one server" in table(found)


class Server(BaseHTTPRequestHandler):
    """Answers as vLLM does when it is asked for a profile."""

    folder: Path
    status = 200

    def do_POST(self) -> None:
        if self.path == "/stop_profile":
            write_trace(self.folder, EVENTS)
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    Server.folder, Server.status = tmp_path / "traces", 200
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


def test_a_profile_is_taken_while_work_goes_on(tmp_path: Path, server: str) -> None:
    write_trace(tmp_path / "traces", [], "of before")
    with profiled(server, tmp_path / "traces", 0.1, 0.0) as found:
        threading.Event().wait(0.5)
    assert found["classes"]["gemm"]["seconds"] == 4.0


def test_where_there_is_no_profile_the_reason_is_told(tmp_path: Path, server: str) -> None:
    with profiled(server, tmp_path / "traces", 0.1, 60.0) as early:
        pass
    Server.status = 404
    with profiled(server, tmp_path / "traces", 0.1, 0.0) as refused:
        threading.Event().wait(0.5)
    assert "take more pages" in early["error"]
    assert "takes no profiles" in table(refused)
    with pytest.raises(ValueError, match="saw nothing of the card"):
        summed(write_trace(tmp_path / "traces", EVENTS[-2:], "cpu only"))


def test_vllm_is_told_where_its_traces_go(tmp_path: Path) -> None:
    option, config = profiler_arguments(tmp_path)
    assert option == "--profiler-config"
    assert json.loads(config)["torch_profiler_dir"] == str(tmp_path)

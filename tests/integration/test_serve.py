"""The server as a person starts it: a page is uploaded, read, searched, corrected, and Ctrl-C loses nothing."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.integration.test_standalone import OPTIONS, PROGRAM, environment
from tests.integration.test_standalone import run as command
from tests.waiting import PATIENCE
from tests.whole_job import QUICK, copy_project, write_pages

Served = tuple[subprocess.Popen[str], httpx2.Client]


@contextmanager
def serving(
    folder: Path, *arguments: str, program: tuple[str, ...] = PROGRAM
) -> Iterator[tuple[subprocess.Popen[str], httpx2.Client]]:
    """Start the server on a free port."""
    (folder / "elsewhere").mkdir(exist_ok=True)
    process = subprocess.Popen(
        [*program, "serve", "--port", "0", "--no-open", *arguments],
        cwd=folder / "elsewhere",
        env={**environment(folder), "XDG_DATA_HOME": str(folder / "share"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with httpx2.Client(base_url=address, headers={"origin": address.rstrip("/")}, timeout=60) as client:
            wait(lambda: answers(client))
            yield process, client
    finally:
        process.kill()
        process.wait()


def answers(client: httpx2.Client) -> bool:
    with suppress(httpx2.ConnectError):
        return client.get("/").status_code in (200, 307)
    return False


def wait(until: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def upload(client: httpx2.Client, file: Path) -> str:
    done = client.post("/", data={"name": "papers"}, files={"files": (file.name, file.read_bytes())})
    assert done.status_code == 303, done.text
    return str(done.headers["location"])


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130


def state(client: httpx2.Client, corpus: str) -> str:
    return str(client.get(f"{corpus}/state").json()["state"])


def test_the_server_starts_on_this_machine_only_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, client):
        assert client.get("/").status_code == 200
        assert client.get("/", headers={"host": "evil.example"}).status_code == 403
        (listener,) = [one for one in psutil.Process(process.pid).net_connections() if one.status == "LISTEN"]
        assert listener.laddr.ip == "127.0.0.1"
        end(process)


def test_a_port_that_is_taken_is_said_plainly(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = command(tmp_path, "serve", "--no-open", "--port", str(other.getsockname()[1]))
    assert (taken.returncode, "say another one, --port 0" in taken.stderr) == (2, True)


@pytest.mark.slow
def test_a_page_is_uploaded_read_searched_corrected_and_reviewed(tmp_path: Path) -> None:
    texts = write_pages(tmp_path / "pages", 1)
    with serving(tmp_path, *OPTIONS) as (process, client):
        corpus = upload(client, tmp_path / "pages/page00000.png")
        wait(lambda: state(client, corpus) not in ("queued", "running"))
        assert state(client, corpus) == "done"
        found = client.get(f"{corpus}/search", params={"q": texts[0]}).text
        (page,) = set(re.findall(rf'href="({corpus}/page/\w+)\?q', found))
        shown = client.get(page).text
        (seen,) = re.findall(r'name="seen" value="(\w+)"', client.get(f"{page}?line=1").text)
        assert texts[0].split()[0] in shown
        assert client.post(page, data={"seen": seen, "text": "a corrected page"}).status_code == 303
        (file,) = re.findall(rf'href="({corpus}/file/\w{{16}}/txt)"', client.get(corpus).text)
        assert client.get(file).text == f"{texts[0]}\n\f"
        for made in ("report", "review_page"):
            assert "sandbox" in client.get(f"{corpus}/made/{made}").headers["content-security-policy"]
        assert client.post(f"{corpus}/run").status_code == 303
        wait(lambda: state(client, corpus) not in ("queued", "running"))
        assert "a corrected page" in client.get(f"{corpus}/made/report").text  # the run has measured by it
        end(process)
    documents = tmp_path / "share/ocr_project/documents/papers"
    assert (documents / "page00000.gt.txt").read_text() == "a corrected page\n"
    reviewed = command(tmp_path, "review", "--no-open", str(documents))
    assert reviewed.stdout.startswith("Nothing is in doubt."), reviewed.stderr


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_server_that_ends_takes_its_run_along_and_the_next_one_goes_on(tmp_path: Path, how: signal.Signals) -> None:
    write_pages(tmp_path / "pages", 1)
    with serving(tmp_path, *OPTIONS) as (process, client):
        corpus = upload(client, tmp_path / "pages/page00000.png")
        wait(lambda: bool(psutil.Process(process.pid).children()))
        time.sleep(3)
        (run,) = psutil.Process(process.pid).children()
        process.send_signal(how)
        process.wait(PATIENCE)
        psutil.wait_procs([run], PATIENCE)
        assert not run.is_running()
    with serving(tmp_path, *OPTIONS) as (_, client):
        assert state(client, corpus) in ("queued", "running")
        wait(lambda: state(client, corpus) == "done")


@pytest.mark.slow
def test_the_corpus_of_a_project_is_shown_and_run_with_its_options(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "elsewhere", mlflow=True)
    texts = write_pages(tmp_path / "pages", 1)
    program = (sys.executable, "-m", "kedro")
    with serving(tmp_path, "--params", ",".join(QUICK), program=program) as (process, client):
        corpus = client.get("/").headers["location"]
        file = tmp_path / "pages/page00000.png"
        assert client.post(corpus, files={"files": (file.name, file.read_bytes())}).status_code == 303
        wait(lambda: state(client, corpus) not in ("queued", "running"))
        assert state(client, corpus) == "done"
        assert texts[0].split()[0] in client.get(f"{corpus}/search", params={"q": texts[0]}).text
        end(process)
    assert (project / "data/08_reporting/report.html").exists()
    assert (project / "mlflow.db").is_file()

"""Who may ask: other names, other sites and other folders are refused."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from ocr_project.cli.serve.guard import refused
from ocr_project.cli.serve.shelf import Shelf
from tests.cli.serve.served import NAME, client, home, read_corpus, shelf

__all__ = ["client", "home", "shelf"]


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:9", "[::1]:8765", "localhost"])
def test_this_machine_may_ask(host: str) -> None:
    assert not refused("GET", {"host": host})
    assert not refused("POST", {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"})


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "127.0.0.1.evil.example:8765", "localhost.evil.example", "", "127.0.0.1:x",
     "localhost:8765@evil.example", "evil.example#localhost", "0.0.0.0:8765", "localhost:"],
)  # fmt: skip
def test_a_name_that_was_bound_to_this_machine_may_not(host: str) -> None:
    assert "localhost only" in refused("GET", {"host": host})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "https://127.0.0.1:8765"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "cross-site"},
        {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_forms_of_other_sites_are_refused(headers: dict[str, str], method: str) -> None:
    assert "other sites" in refused(method, {"host": "127.0.0.1:8765", **headers})


def test_refusals_come_before_anything_is_done(client: TestClient, shelf: Shelf) -> None:
    done = client.post("/", data={"name": "x"}, files={"files": ("a.pdf", b"%PDF-")}, headers={"origin": "null"})
    assert done.status_code == 403
    assert not shelf.uploads.exists()
    assert client.get("/", headers={"host": "evil.example"}).status_code == 403


def test_every_answer_says_what_a_browser_may_do(client: TestClient) -> None:
    for path in ("/", "/corpus/none", "/style.css"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


OUT = "..%2f..%2fsecret"


def test_nothing_else_can_be_read(client: TestClient, shelf: Shelf) -> None:
    shelf.uploads.parent.mkdir(parents=True)
    (shelf.uploads.parent / "secret").write_text("SECRET")
    corpus = f"/corpus/{quote(read_corpus(shelf).folder.name)}"
    tried = (
        *("/../secret", "/..%2fsecret", "/style.css/../../secret", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"),
        *(f"/corpus/{OUT}", f"{corpus}/page/{OUT}", f"{corpus}/page/{OUT}/image", f"{corpus}/file/all/{OUT}"),
        *(f"{corpus}/file/{OUT}/md", f"{corpus}/made/{OUT}", f"{corpus}/made/documents", f"{corpus}/file/all/exe"),
        *(f"{corpus}/page/%00", f"{corpus}%00", f"{corpus}/state/{OUT}"),
    )
    for path in tried:
        done = client.get(path)
        assert done.status_code == 404, path
        assert "SECRET" not in done.text, path
        assert "root:" not in done.text, path
    assert client.get(corpus).status_code == 200


def test_links_that_lead_out_are_not_followed(client: TestClient, shelf: Shelf, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "passwords.txt").write_text("SECRET")
    workspace = read_corpus(shelf)
    (shelf.uploads / "link").symlink_to(secret)
    (shelf.uploads / ".hidden").mkdir()
    listed = client.get("/").text
    assert "link" not in [one.label for one in shelf.corpora().values()]
    assert ".hidden" not in listed
    (text,) = (workspace.data / "08_reporting/exports/text").glob("*.txt")
    text.unlink()
    text.symlink_to(secret / "passwords.txt")
    address = f"/corpus/{workspace.folder.name}/file"
    for which in ("a" * 16, "all"):
        done = client.get(f"{address}/{which}/txt")
        assert done.status_code == 404, NAME
        assert "SECRET" not in done.text

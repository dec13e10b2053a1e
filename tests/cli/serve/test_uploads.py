"""Files that come in: kept under a harmless name, or refused with a clear answer, whatever their size."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from ocr_project.cli.serve.shelf import Shelf, file_name
from tests.cli.serve.served import client, home, serving, shelf

__all__ = ["client", "home", "shelf"]
LIMIT = 1_000_000


def png(shade: int = 255) -> bytes:
    made = io.BytesIO()
    Image.new("L", (40, 30), shade).save(made, "PNG")
    return made.getvalue()


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        target.writestr("a.png", png())
    return made.getvalue()


def kept(shelf: Shelf) -> list[str]:
    return sorted(str(path.relative_to(shelf.uploads)) for path in shelf.uploads.rglob("*") if path.is_file())


def send(client: TestClient, *files: tuple[str, bytes], name: str = "내 문서") -> tuple[int, str]:
    sent = [("files", file) for file in files]
    done = client.post("/", data={"name": name}, files=sent, headers={"accept-language": "en"})
    return done.status_code, done.text


def test_a_file_is_kept_and_its_corpus_shown(client: TestClient, shelf: Shelf) -> None:
    done = client.post("/", data={"name": "내 문서"}, files={"files": ("회의록.png", png())})
    assert done.status_code == 303
    assert client.get(done.headers["location"]).status_code == 200
    assert kept(shelf) == ["내 문서/회의록.png"]
    assert (shelf.uploads / "내 문서/회의록.png").read_bytes() == png()


def test_nothing_that_is_there_is_replaced(client: TestClient, shelf: Shelf) -> None:
    for _ in range(2):
        assert send(client, ("a.png", png()))[0] == 303
    assert send(client, ("a.png", png(7)))[0] == 303
    assert kept(shelf) == ["내 문서/a (2).png", "내 문서/a.png"]
    assert (shelf.uploads / "내 문서/a.png").read_bytes() == png()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("a.pdf", b""), "is empty"),
        (("a.zip", archive()), "is an archive"),
        (("a.pdf", archive()), "is an archive"),
        (("a.png", b"Rar!\x1a\x07\x00"), "is an archive"),
        (("a.exe", b"MZ" + bytes(100)), "was not taken: <span lang=\"en\">unsupported: .exe files are not read"),
        (("a.pdf", b"%PDF-1.4\nnonsense"), "the PDF cannot be read"),
        (("a.png", png()[:60]), "broken: "),
        (("...", png()), "has no name"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_refused_with_the_reason(
    client: TestClient, shelf: Shelf, file: tuple[str, bytes], said: str
) -> None:
    status, page = send(client, file)
    assert status == 422
    assert said in page
    assert kept(shelf) == []


def test_of_several_files_the_good_ones_are_kept(client: TestClient, shelf: Shelf) -> None:
    status, page = send(client, ("a.png", png()), ("b.zip", archive()))
    assert status == 200
    assert page.count("was added") == page.count("is an archive") == 1
    assert kept(shelf) == ["내 문서/a.png"]


def test_a_form_without_files_or_name_says_so(client: TestClient, shelf: Shelf) -> None:
    assert "choose one first" in send(client)[1]
    status, page = send(client, ("a.png", png()), name=" ../ ")
    assert status == 409
    assert "needs a letter or a digit" in page


@pytest.mark.parametrize("announced", [True, False])
def test_more_than_the_limit_is_refused_while_it_comes(shelf: Shelf, announced: bool) -> None:
    size, boundary = 3 * LIMIT, "xyz"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'.encode()

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(size // 10_000):
            yield bytes(10_000)

    headers = {"content-type": f"multipart/form-data; boundary={boundary}", "accept-language": "en"}
    with serving(shelf, limit=LIMIT) as client:
        content = b"".join(body()) if announced else body()
        done = client.post("/", content=content, headers=headers)
    assert done.status_code == 413
    assert "may have 1 MB together" in done.text
    assert not shelf.uploads.exists()


def test_a_form_that_is_none_is_refused(client: TestClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/", content=b"nonsense", headers=headers).status_code == 400
    assert client.post("/", content=b"x", headers={"content-type": "text/plain"}).status_code == 409


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("a.pdf", "a.pdf"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/etc/shadow", "shadow"),
        (".bashrc", "bashrc"),
        ("....pdf", "pdf"),
        ("..", ""),
        ("", ""),
        ("a\0b.pdf", "ab.pdf"),
        ("a\nb\x1b[31m.pdf", "ab[31m.pdf"),
        ("CON<>:|?*.pdf", "CON.pdf"),
        ("fdp.\u202egnp", "fdp.gnp"),
        ("\u1112\u1161\u11ab.pdf", "한.pdf"),
        ("a\ud800.png", "a.png"),
        ("x" * 400 + ".pdf", "x" * 177 + ".pdf"),
        ("가" * 100 + ".pdf", "가" * 59 + ".pdf"),
    ],
)
def test_a_name_leads_nowhere(given: str, made: str, tmp_path: Path) -> None:
    assert file_name(given) == made
    if made:
        (tmp_path / made).write_bytes(b"")
        assert [path.name for path in tmp_path.iterdir()] == [made]


def test_a_corpus_is_not_opened_through_a_link(shelf: Shelf, tmp_path: Path, client: TestClient) -> None:
    (tmp_path / "outside").mkdir()
    shelf.uploads.mkdir(parents=True)
    (shelf.uploads / "link").symlink_to(tmp_path / "outside")
    status, page = send(client, ("a.png", png()), name="link")
    assert (status, "symbolic link" in page) == (409, True)
    assert list((tmp_path / "outside").iterdir()) == []

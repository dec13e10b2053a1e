"""The pages: corpora, a corpus, a page with its lines, what was found, what is taken away, corrections."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from ocr_project.cli.serve.shelf import Shelf
from ocr_project.cli.serve.words import LANGUAGES, words_of
from tests.cli.serve.served import ATTACK, LINES, NAME, client, home, read_corpus, serving, shelf

__all__ = ["client", "home", "shelf"]
PAGE = f"{'a' * 16}_00001"


@pytest.fixture
def at(shelf: Shelf) -> str:
    """The address of a corpus that was read."""
    return f"/corpus/{quote(read_corpus(shelf).folder.name)}"


def seen(client: TestClient, address: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', client.get(f"{address}?line=1").text)
    assert found
    return found[1]


def reference(shelf: Shelf) -> Path:
    return shelf.uploads / "모음" / f"{NAME.removesuffix('.png')}.gt.txt"


def lines_file(shelf: Shelf) -> Path:
    return shelf.uploads / "모음" / f"{NAME.removesuffix('.png')}.lines.json"


def test_an_empty_shelf_says_what_to_do(client: TestClient) -> None:
    page = client.get("/", headers={"accept-language": "en"}).text
    assert "There is nothing yet" in page
    assert "Up to 1 MB" in page


def test_a_corpus_shows_documents_pages_reasons_and_files(client: TestClient, at: str) -> None:
    assert at in client.get("/").text
    page = client.get(at).text
    assert f'{at}/page/{PAGE}"' in page
    assert "broken: no PDF" in page
    assert re.findall(rf"{at}/file/a+/(\w+)", page) == ["md", "txt", "html"]
    assert ATTACK[:8] not in page.replace("<script src=", "")


def test_a_page_has_its_lines_and_how_sure_each_is(client: TestClient, at: str) -> None:
    page = client.get(f"{at}/page/{PAGE}").text
    assert [f'id="l{n}"' in page for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert page.count('class="line doubtful"') == 1
    assert page.count("<rect") == 3
    assert ATTACK not in page
    assert "&lt;script&gt;" in page
    image = client.get(f"{at}/page/{PAGE}/image")
    assert image.headers["content-type"] in ("image/png", "image/jpeg")
    assert client.get(f"{at}/page/{'c' * 16}_00001/image").status_code == 404


def test_a_search_marks_what_it_found_and_leads_to_the_page(client: TestClient, at: str) -> None:
    found = client.get(f"{at}/search", params={"q": "설치비"}).text
    assert f"{at}/page/{PAGE}?q=" in found
    assert "<mark>설치비</mark>" in found
    assert "<mark>설치비</mark>" in client.get(f"{at}/page/{PAGE}", params={"q": "설치비"}).text
    attacked = client.get(f"{at}/search", params={"q": f"{ATTACK} (.*"}).text
    assert ATTACK not in attacked
    nothing = client.get(f"{at}/search", params={"q": "xyzzy"}, headers={"accept-language": "en"}).text
    assert "Nothing was found" in nothing


def test_a_search_without_an_index_says_what_to_do(client: TestClient, shelf: Shelf, at: str) -> None:
    shutil.rmtree(next(iter(shelf.corpora().values())).data / "04_feature/word_index")
    assert "run `kedro run`" in client.get(f"{at}/search", params={"q": "설치비"}).text


def test_results_that_are_damaged_are_said_on_a_page(shelf: Shelf, at: str) -> None:
    (workspace,) = shelf.corpora().values()
    (shard,) = (workspace.data / "03_primary/recognitions").glob("*.parquet")
    shard.write_bytes(shard.read_bytes()[:-400] + bytes(400))
    (workspace.data / "02_intermediate/documents.parquet").write_bytes(b"x")
    with serving(shelf, strict=False) as client:
        page = client.get(at, headers={"accept-language": "en"})
        assert page.status_code in (409, 500)
        assert '<p class="reason" role="alert">' in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(("wanted", "part"), [("md", "설치비"), ("txt", LINES[1][0]), ("html", "&lt;script&gt;")])
def test_a_document_is_downloaded_and_never_shown(client: TestClient, at: str, wanted: str, part: str) -> None:
    file = client.get(f"{at}/file/{'a' * 16}/{wanted}")
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["content-type"] == "application/octet-stream"
    assert part in file.text
    everything = zipfile.ZipFile(io.BytesIO(client.get(f"{at}/file/all/{wanted}").content))
    assert len(everything.namelist()) == 1
    assert client.get(f"{at}/file/{'b' * 16}/{wanted}").status_code == 404
    for document in ("a" * 16, "b" * 16, "all"):
        assert client.get(f"{at}/file/{document}/corrected").status_code == 404  # nothing was corrected yet


def test_a_corrected_line_is_not_a_reference_of_its_page(client: TestClient, shelf: Shelf, at: str) -> None:
    address = f"{at}/page/{PAGE}"
    form = {"seen": seen(client, address), "line": "2", "text": " 세  번째 "}
    done = client.post(address, data=form)
    assert (done.status_code, done.headers["location"].endswith(f"{PAGE}#l2")) == (303, True)
    assert not reference(shelf).exists()
    (kept,) = json.loads(lines_file(shelf).read_text())
    assert (kept["read"], kept["text"], len(kept["box"])) == (LINES[1][0], "세 번째", 4)
    text = client.get(f"{at}/file/{'a' * 16}/corrected")
    assert text.headers["content-disposition"].startswith("attachment")
    assert text.text == f"{LINES[0][0]}\n세 번째\n{ATTACK}\n\f"
    page = client.get(address, headers={"accept-language": "en"}).text
    assert page.count('class="line corrected"') == 1
    assert "A person has read this page" not in page
    again = client.post(address, data=form, headers={"accept-language": "en"})  # the form is of an earlier text
    assert again.status_code == 409
    assert "has changed" in again.text
    client.post(address, data={"seen": seen(client, address), "line": "2", "text": "둘째"})
    assert [one["text"] for one in json.loads(lines_file(shelf).read_text())] == ["둘째"], "corrected once more"


def test_a_line_of_noise_is_removed_and_the_whole_text_replaced(client: TestClient, shelf: Shelf, at: str) -> None:
    address = f"{at}/page/{PAGE}"
    client.post(address, data={"seen": seen(client, address), "line": "2", "text": ""})
    assert client.get(f"{at}/file/{'a' * 16}/corrected").text == f"{LINES[0][0]}\n{ATTACK}\n\f"
    client.post(address, data={"seen": seen(client, address), "text": "하나\r\n둘\r\n"})
    assert reference(shelf).read_text() == "하나\n둘\n"
    assert not lines_file(shelf).exists(), "the page as a whole says it now"
    assert "A person has read this page" in client.get(address, headers={"accept-language": "en"}).text
    client.post(address, data={"seen": seen(client, address), "line": "2", "text": "셋"})
    assert reference(shelf).read_text() == "하나\n셋\n"
    assert client.post(address, data={"seen": seen(client, address), "text": " \r\n"}).status_code == 409
    for wrong in ("9", "x", "-1", "²"):
        form = {"seen": seen(client, address), "line": wrong, "text": "x"}
        assert client.post(address, data=form).status_code == 404
    assert reference(shelf).read_text() == "하나\n셋\n"


def test_a_file_of_lines_that_cannot_be_read_is_said(client: TestClient, shelf: Shelf, at: str) -> None:
    lines_file(shelf).write_text('[{"read": "x"}]')
    shown = client.get(f"{at}/page/{PAGE}")
    assert shown.status_code == 409
    assert "not a list of corrected lines" in shown.text


def test_a_correction_does_not_leave_the_folder(client: TestClient, shelf: Shelf, at: str, tmp_path: Path) -> None:
    address = f"{at}/page/{PAGE}"
    outside = tmp_path / "outside.txt"
    for file, form in ((lines_file(shelf), {"line": "1"}), (reference(shelf), {})):
        file.symlink_to(outside)
        done = client.post(address, data={"seen": seen(client, address), "text": "x", **form})
        assert done.status_code == 409
        assert "symbolic link" in done.text
    assert not outside.exists()


def test_a_correction_of_many_megabytes_is_refused(client: TestClient, at: str) -> None:
    done = client.post(f"{at}/page/{PAGE}", data={"seen": "x", "text": "가" * 700_000})
    assert done.status_code in (400, 413)


def test_what_read_has_read_is_shown_and_takes_no_files(client: TestClient, home: Path) -> None:
    read_corpus(Shelf(home / "elsewhere"))
    with serving(Shelf(home / "uploads")) as other:
        (address,) = re.findall(r'href="(/corpus/[^"]+)"', other.get("/").text)
        page = other.get(address, headers={"accept-language": "en"}).text
        assert "put them into the folder above" in page
        assert other.post(address, files={"files": ("a.png", b"x")}).status_code == 403


@pytest.mark.parametrize(
    ("accepted", "cookie", "language"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", None, "ko"),
        ("ru;q=0.4, en;q=0.3", None, "ru"),
        ("de, fr;q=0.9", None, "en"),
        ("en;q=nonsense,ko;q=0.1", None, "ko"),
        ("", None, "en"),
        ("ko", "ru", "ru"),
        ("ko", "<script>", "ko"),
    ],
)
def test_the_language_is_the_reader_s(client: TestClient, accepted: str, cookie: str | None, language: str) -> None:
    if cookie:
        client.cookies.set("language", cookie)
    page = client.get("/", headers={"accept-language": accepted}).text
    assert f'<html lang="{language}">' in page
    assert f"<h1>{words_of(language)['corpora']}</h1>" in page


def test_a_chosen_language_stays_and_keeps_the_question(client: TestClient, at: str) -> None:
    page = client.get(f"{at}/search", params={"q": "설치비 & 물", "lang": "ru"})
    assert "SameSite=strict" in page.headers["set-cookie"]
    (other,) = re.findall(r'href="([^"]+)" lang="ko"', page.text)
    assert "설치비 &amp; 물" in client.get(other.replace("&amp;", "&")).text
    assert '<html lang="ko">' in client.get("/").text


def test_the_texts_are_the_same_in_all_languages() -> None:
    english = words_of("en")
    for language in LANGUAGES:
        texts = words_of(language)
        assert list(texts) == list(english)
        for name, text in texts.items():
            assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", english[name]) or sorted(
                re.findall(r"\{\w+\}", text)
            ) == sorted(re.findall(r"\{\w+\}", english[name])), name
            assert text.strip(), name


def test_no_text_is_left_that_no_page_shows() -> None:
    folder = Path(__file__).parents[3] / "src/ocr_project/cli/serve/templates"
    pages = "".join(path.read_text() for path in folder.glob("*.j2"))
    made = ("state_", "stage_", "upload_", "status_", "said_", "made_")
    unused = [name for name in words_of("en") if f"words.{name}" not in pages and not name.startswith(made)]
    assert not unused
    assert json.loads((folder / "words.en.json").read_text()) == words_of("en")

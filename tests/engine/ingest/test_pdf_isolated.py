"""PDFs that hang PDFium, or crash it: what fails is the page."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pikepdf
import pytest

from ocr_project.domain.causes import Cause, cause_of
from ocr_project.domain.errors import BackendError, BrokenDocument, EncryptedDocument, Killed
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Page, Status
from ocr_project.engine.ingest import ingest_identity, open_source, pdf, pdf_isolated
from ocr_project.engine.ingest.rendered_page import Picture
from ocr_project.engine.running import worker_process
from ocr_project.engine.running.worker_process import Child
from tests.nasty import pdf_bytes
from tests.processes import children, killed_when_asked

QUICK = IngestOptions(page_seconds=1.0, dpi=72)
PATIENT = IngestOptions(page_seconds=60.0, dpi=72)


def write_laughing(path: Path, *, slow: int = 2, pages: int = 3) -> None:
    """Write a PDF whose page `slow` draws ten forms that each draw ten forms …: 10^9 squares, hours of work."""
    path.write_bytes(pdf_bytes(pages))
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        form = document.make_stream(b"0 0 9 9 re f")
        for _ in range(9):
            form.stream_dict.update(pikepdf.Dictionary(Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form))
            form.stream_dict.BBox = [0, 0, 90, 90]
            outer = document.make_stream(b"/F Do " * 10)
            outer.stream_dict.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
            form = outer
        form.stream_dict.update(pikepdf.Dictionary(Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form))
        form.stream_dict.BBox = [0, 0, 90, 90]
        page = document.pages[slow - 1]
        page.Resources.XObject = pikepdf.Dictionary(F=form)
        page.Contents = document.make_stream(b"/F Do")
        document.save(path)


def pages_of(root: Path, options: IngestOptions) -> list[Page]:
    source = open_source(options.model_copy(update={"source": str(root)}), default_root=root)
    (document,) = source.documents()
    assert document.status is Status.OK, document.reason
    return list(source.pages(document, 1, document.pages))


def children_of_this_process() -> list[int]:
    return [child.pid for child in children("pdf_worker")]


@pytest.fixture(autouse=True)
def _alone() -> None:
    """End what earlier tests left running."""
    pdf_isolated.release()
    pdf_isolated._SPARE.clear()


def test_a_page_that_takes_for_ever_fails_alone_and_the_next_are_read(tmp_path: Path) -> None:
    write_laughing(tmp_path / "a.pdf")
    first, slow, last = pages_of(tmp_path, QUICK)
    assert [page.status for page in (first, slow, last)] == [Status.OK, Status.FAILED, Status.OK]
    assert slow.reason.startswith("broken: page 2 of the PDF was not read within ingest.page_seconds (1)")
    assert slow.seconds >= 1.0
    assert "page 3" in (last.text_layer or "")


def test_a_page_that_crashes_the_process_fails_alone(tmp_path: Path) -> None:
    write_laughing(tmp_path / "a.pdf")
    answers = pdf_isolated.read_pages(tmp_path / "a.pdf", 1, 3, PATIENT)
    assert isinstance(next(answers), Picture)
    (child,) = children_of_this_process()
    with killed_when_asked(signal.SIGSEGV):
        crashed = next(answers)
    assert isinstance(crashed, BrokenDocument)
    assert "page 2 of the PDF ended the process that reads it (status -11)" in crashed.reason
    assert isinstance(next(answers), Picture)
    assert children_of_this_process() != [child]


def test_a_file_that_cannot_even_be_opened_in_time_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.pdf")  # the process that opens it waits for a writer
    with pytest.raises(BrokenDocument, match="the PDF was not read within"):
        pdf_isolated.count_pages(tmp_path / "a.pdf", QUICK)
    assert not children_of_this_process()


def test_what_pdfium_says_comes_back_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes(3, mark="apart"))
    assert pdf_isolated.count_pages(path, PATIENT) == 3
    assert list(pdf_isolated.read_pages(path, 2, 3, PATIENT)) == list(pdf.read_pages(path, 2, 3, PATIENT))
    with pikepdf.open(path) as document:
        document.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(EncryptedDocument, match="needs a password"):
        pdf_isolated.count_pages(tmp_path / "locked.pdf", PATIENT)


def test_two_files_read_in_turns_by_one_thread_are_not_mixed_up(tmp_path: Path) -> None:
    for name, mark in (("a.pdf", "left"), ("b.pdf", "right")):
        (tmp_path / name).write_bytes(pdf_bytes(3, mark=mark))
    both = zip(
        pdf_isolated.read_pages(tmp_path / "a.pdf", 1, 3, PATIENT),
        pdf_isolated.read_pages(tmp_path / "b.pdf", 1, 3, PATIENT),
        strict=True,
    )
    for number, (left, right) in enumerate(both, start=1):
        assert isinstance(left, Picture)
        assert isinstance(right, Picture)
        assert f"page {number} of a document left" in (left.text or "")
        assert f"page {number} of a document right" in (right.text or "")


def test_processes_end_with_their_threads_and_the_listing_leaves_its_own_to_them(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_bytes(2))
    source = open_source(PATIENT.model_copy(update={"source": str(tmp_path)}), default_root=tmp_path)
    (document,) = source.documents()
    listing = children_of_this_process()
    assert len(listing) == 1
    with ThreadPoolExecutor(2) as pool:
        both = threading.Barrier(2)
        assert [len(pages) for pages in pool.map(lambda _: [*source.pages(document, 1, 2), both.wait()], range(2))]
        assert len(children_of_this_process()) == 2
        assert set(listing) < set(children_of_this_process())
    assert not children_of_this_process()


def form_that_draws_itself(times: int = 3) -> bytes:
    """Return a PDF of some 700 bytes that PDFium would take gigabytes for, until its time is up."""
    draw = b"q 0.9 0 0 0.9 5 5 cm /F Do Q " * times
    resources = b"/Resources << /XObject << /F 5 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R %s >>" % resources,
        b"<< /Length 5 >>\nstream\n/F Do\nendstream",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 200 200] %s /Length %d >>\nstream\n%s\nendstream"
        % (resources, len(draw), draw),
    ]
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(written)
    return written + b"xref\n0 6\n" + table + end


def test_a_page_that_wants_all_memory_fails_alone_within_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(form_that_draws_itself())
    (tmp_path / "b.pdf").write_bytes(pdf_bytes(1))
    limited = IngestOptions(pdf_memory_gib=0.25, page_seconds=60)
    peaks: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            for child in children_of_this_process():
                with suppress(OSError, IndexError):
                    pages = Path(f"/proc/{child}/statm").read_text().split()[1]
                    peaks.append(int(pages) * os.sysconf("SC_PAGE_SIZE"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        (bomb,) = pdf_isolated.read_pages(tmp_path / "a.pdf", 1, 1, limited)
        (sound,) = pdf_isolated.read_pages(tmp_path / "b.pdf", 1, 1, limited)
    finally:
        stop.set()
        watcher.join()
    assert isinstance(bomb, BrokenDocument)
    assert "ingest.pdf_memory_gib (0.25)" in bomb.reason
    assert isinstance(sound, Picture)
    assert 100e6 < max(peaks) < 2**28 + 150e6, "what its code takes is beside the limit"


def test_a_process_that_is_killed_from_outside_is_no_fault_of_a_page(tmp_path: Path) -> None:
    write_laughing(tmp_path / "a.pdf")
    answers = pdf_isolated.read_pages(tmp_path / "a.pdf", 1, 3, PATIENT)
    assert isinstance(next(answers), Picture)
    with killed_when_asked(signal.SIGKILL):
        killed = next(answers)
    assert isinstance(killed, Killed)
    assert cause_of(killed.reason) is Cause.CIRCUMSTANCE
    assert "export" not in killed.reason, "it is not the PDF that is at fault"
    answers.close()


def test_a_process_that_was_ended_while_nobody_had_it_is_no_fault_of_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_bytes(2))
    assert pdf_isolated.count_pages(tmp_path / "a.pdf", PATIENT) == 2
    pdf_isolated.release()
    (child,) = children_of_this_process()
    os.kill(child, signal.SIGKILL)
    pdf_isolated._SPARE[0]._process.wait()
    assert pdf_isolated.count_pages(tmp_path / "a.pdf", PATIENT) == 2


def test_looking_for_a_first_document_opens_none(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_bytes(2))
    open_source(PATIENT.model_copy(update={"source": str(tmp_path)}), default_root=tmp_path).check()
    assert not children_of_this_process()


def test_a_process_that_does_not_start_is_no_fault_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "_PROGRAM", "raise SystemExit(1)")
    child = Child("ocr_project.engine.ingest.pdf_worker", "read PDFs")
    child.send(None)
    with pytest.raises(BackendError, match="the processes that read PDFs do not start"):
        child.receive(1.0)
    child.end()


def test_who_decodes_draws_and_encodes_is_part_of_the_identity() -> None:
    identity = ingest_identity(PATIENT)
    for package in ("pypdfium2", "pillow", "opencv-python-headless"):
        assert f"{package}-{version(package)}" in identity.revision
    assert ingest_identity(QUICK) != identity

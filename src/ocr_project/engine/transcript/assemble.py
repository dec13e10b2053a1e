"""One page: what was read in its regions, put together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ocr_project.domain.options import TranscriptOptions
from ocr_project.domain.types import Identity, Label, Page, Recognition, Region, Status, TextSource, Transcript
from ocr_project.engine.transcript.confidence import noise_reason
from ocr_project.engine.transcript.lines import Reading
from ocr_project.engine.transcript.markdown import page_markdown
from ocr_project.engine.transcript.plain import plain_text
from ocr_project.engine.transcript.text_layer import readings

VERSION = "7"  # of the rules in this folder: raise it when the same regions would give another transcript

# A page of whose regions of text this share of the area gave none has a reason. What stands alone there is dirt, a
# line of dots, a logo: docs/log.md has how many pages of each shared group are above it.
_SILENT = 0.15
_PICTURES = frozenset({Label.PICTURE, Label.CHART, Label.SEAL})
_NO_TEXT = _PICTURES | {Label.PAGE}


def transcript_identity(options: TranscriptOptions) -> Identity:
    """Return what a transcript depends on besides its input; the exports are none of it."""
    return Identity("transcript", VERSION, {"headers_and_footers": options.headers_and_footers})


def assemble(
    page: Page,
    regions: Sequence[Region],
    recognitions: Sequence[Recognition],
    options: TranscriptOptions,
    identity: str = "",
) -> Transcript:
    """Write the text and the Markdown of a page.

    Args:
        page: Its image is not needed. Where `text_layer_preferred` is set, the words of its text layer that no region
            holds come last.
        regions: All regions of the page.
        recognitions: One for each region.
        options: Say whether Markdown keeps headers and footers.
        identity: Of the recognizer, by which its confidences are judged; an empty string where it is not known.

    Returns:
        A transcript; `skipped` with the reason where an earlier stage failed and nothing was read,
        `empty` where there was nothing to read, `ok` with a reason where only a part was read, or where lines are
        probably no text.
    """
    started = time.perf_counter()
    found = Transcript(page.page_id, page.doc_id, page.path, page.group, page.number, text="", markdown="")
    if page.status in (Status.FAILED, Status.SKIPPED):
        found = replace(found, status=Status.SKIPPED, reason=page.reason)
    else:
        read = readings(page, regions, recognitions)
        found = _transcribed(found, page, read, options)
        if found.status is Status.OK and not found.reason:
            found = replace(found, reason=noise_reason(read, identity))
        if page.reason:  # what ingest left out, with what was missed of the rest
            found = replace(found, reason="; ".join(filter(None, (page.reason, found.reason))))
    return replace(found, seconds=time.perf_counter() - started)


def _transcribed(blank: Transcript, page: Page, read: Sequence[Reading], options: TranscriptOptions) -> Transcript:
    text = plain_text(read)
    status, reason = _outcome(read, text, by_layer=page.text_layer_preferred)
    return replace(
        blank,
        text=text,
        markdown=page_markdown(read, headers_and_footers=options.headers_and_footers),
        source=_source(page, read).value,
        status=status,
        reason=reason,
    )


def _source(page: Page, read: Sequence[Reading]) -> TextSource:
    if not page.text_layer_preferred:
        return TextSource.OCR
    asked = any(reading.recognition.attempts and reading.recognition.text.strip() for reading in read)
    return TextSource.MIXED if asked else TextSource.TEXT_LAYER


def _outcome(read: Sequence[Reading], text: str, *, by_layer: bool) -> tuple[Status, str]:
    """Judge a page by its regions: a part that failed is named, and fails the page only if it is all of it."""
    lost = [reason for reading in read if (reason := _loss(reading))]
    if lost and text:
        return Status.OK, f"{len(lost)} of {len(read)} regions could not be read: {lost[0]}"
    if lost:
        return Status.SKIPPED, lost[0]
    if text:
        return Status.OK, _doubt(read, by_layer=by_layer)
    return Status.EMPTY, _doubt(read, by_layer=by_layer) or _only_pictures(read)


def _only_pictures(read: Sequence[Reading]) -> str:
    """Return what is to be said of a page without text that is not blank: a photograph may show print."""
    pictures = sum(one.region.label in _PICTURES and one.region.status is Status.OK for one in read)
    if not pictures:
        return ""
    return f"all that is on the page was taken for pictures ({pictures}), and is not read: look at the page"


def _doubt(read: Sequence[Reading], *, by_layer: bool) -> str:
    """Return what seems to be missing on a page that was read; an empty string where all is well."""
    for one in read:
        if one.recognition.status is Status.OK and one.recognition.reason:
            return one.recognition.reason
        if one.region.status is Status.OK and one.region.reason and not (by_layer and one.recognition.text):
            return one.region.reason
    inked = [one.region for one in read if one.region.label not in _NO_TEXT]
    silent = [one.region for one in read if one.region.label not in _NO_TEXT and _is_silent(one.recognition)]
    area = sum(region.box.area for region in silent)
    if silent and area > _SILENT * sum(region.box.area for region in inked):
        return (
            f"nothing was found to read in {len(silent)} of {len(inked)} regions of text, which are"
            f" {area / sum(region.box.area for region in inked):.0%} of their area: look at the page"
        )
    return ""


def _is_silent(recognition: Recognition) -> bool:
    return recognition.status is Status.EMPTY and not recognition.text


def _loss(reading: Reading) -> str:
    """Return why a region that should have been read was not; an empty string where all is well."""
    region, recognition = reading.region, reading.recognition
    if region.status in (Status.FAILED, Status.SKIPPED):
        return region.reason or "layout failed"
    if recognition.status is Status.FAILED:
        return recognition.reason or "recognition failed"
    return ""  # a recognizer skips on purpose: pictures, what an option drops, what was read with its neighbour

"""One page of the report: its image with the regions drawn over, beside its text with the differences marked."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from ocr_project.domain.errors import BrokenDocument
from ocr_project.domain.types import Label, Region, Status
from ocr_project.engine.imaging.pixels import decode, encode
from ocr_project.engine.reporting.markup import chip, escape, percent
from ocr_project.engine.reporting.model import PageCard, Span
from ocr_project.engine.reporting.tables import reference_chip

_IMAGE_WIDTH = 900  # legible when shown wide; a page of text takes about 120 KB
_IMAGE_HEIGHT = 4000  # a long receipt
_QUALITY = 45  # of JPEG: letters look as they do in WebP at 60, 15 % larger and made in a fifth of the time

# A recognizer in a loop can write a megabyte for one page; nobody reads on after this many characters.
_LONGEST_TEXT = 20_000

_COLOURS = {
    Label.TITLE: "heading",
    Label.SECTION_HEADER: "heading",
    Label.TABLE: "table",
    Label.PICTURE: "figure",
    Label.CHART: "figure",
    Label.SEAL: "figure",
    Label.FORMULA: "formula",
    Label.CODE: "formula",
    Label.FORMULA_NUMBER: "formula",
    Label.CAPTION: "note",
    Label.FOOTNOTE: "note",
    Label.PAGE_HEADER: "margin",
    Label.PAGE_FOOTER: "margin",
    Label.PAGE_NUMBER: "margin",
}


def page_card(card: PageCard, rank: int) -> str:
    """Return the card of a page as an `<article>`; `rank` is its place in the report, from 1."""
    name = f"{card.path}, page {card.number}"
    cer = "" if card.cer_no_space is None else repr(card.cer_no_space)
    return (
        f'<article class="card" id="page-{rank}" data-group="{escape(card.group)}" data-status="{escape(card.status)}"'
        f' data-name="{escape(card.path)}" data-page="{card.number}" data-cer="{cer}" data-rank="{rank}"'
        f' data-confidence="{card.confidence!r}" aria-label="{escape(name)}">{_header(card, rank)}'
        f'<div class="sides">{_figure(card, name)}<div class="text">{_text(card)}</div></div></article>\n'
    )


def _header(card: PageCard, rank: int) -> str:
    chips = [chip(card.group, "group")] if card.group else []
    if card.status != Status.OK:
        chips.append(chip(card.status, "failed" if card.status == Status.FAILED else "none"))
    numbers = []
    if card.cer_no_space is not None:
        numbers.append(f"<div><dt>CER without spaces</dt><dd>{percent(card.cer_no_space)}</dd></div>")
    if card.confidence > 0:
        numbers.append(f"<div><dt>Confidence</dt><dd>{card.confidence:.2f}</dd></div>")
    reason = f'<p class="reason">{escape(card.reason)}</p>' if card.reason else ""
    return (
        f'<header><div><h3><a class="rank" href="#page-{rank}">{rank}</a> {escape(card.path)}'
        f' <span class="number">page {card.number}</span></h3><p class="chips">{" ".join(chips)}</p>{reason}</div>'
        f"<dl>{''.join(numbers)}</dl></header>"
    )


def _figure(card: PageCard, name: str) -> str:
    address, problem = shrunk(card.image)
    if not address:
        return f'<div class="figure missing"><p>No image: {escape(problem)}</p></div>'
    controls = '<label><input type="checkbox" class="wide"> Wide</label>'
    if card.regions:
        controls += '<label><input type="checkbox" class="drawn" checked> Regions</label>'
    size = f'width="{card.width}" height="{card.height}"'
    return (
        f'<div class="figure"><div class="controls">{controls}</div><div class="sheet">'
        f'<img src="{address}" {size} alt="Image of {escape(name)}" loading="lazy" decoding="async">'
        f"{_overlay(card)}</div>{_region_list(card.regions)}</div>"
    )


def shrunk(image: bytes | None) -> tuple[str, str]:
    """Return the image as a `data:` address, or an empty string and what is wrong with it."""
    if image is None:
        return "", "the page could not be rendered, or images were not kept"
    try:
        pixels = decode(image)
    except BrokenDocument as error:
        return "", str(error)
    height, width = pixels.shape[:2]
    scale = min(_IMAGE_WIDTH / width, _IMAGE_HEIGHT / height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return "data:image/jpeg;base64," + base64.b64encode(encode(pixels, jpeg_quality=_QUALITY)).decode("ascii"), ""


def _overlay(card: PageCard) -> str:
    """Draw regions in the pixels of the page; the view box scales them with the image."""
    if not card.regions or card.width <= 0 or card.height <= 0:
        return ""
    unit = card.width / 100  # badges and lines keep their size on paper whatever the resolution
    shapes = "".join(_shape(region, place, unit) for place, region in enumerate(card.regions, 1))
    return (
        f'<svg class="overlay" viewBox="0 0 {card.width} {card.height}" preserveAspectRatio="none"'
        f' aria-hidden="true">{shapes}</svg>'
    )


def _shape(region: Region, place: int, unit: float) -> str:
    box = region.box
    corners = region.quad or (box.x0, box.y0, box.x1, box.y0, box.x1, box.y1, box.x0, box.y1)
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y in zip(corners[::2], corners[1::2], strict=True))
    title = f"{place} · {region.label} ({region.native_label}) · score {region.score:.2f}"
    if region.status != Status.OK:
        title += f" · {region.status} {region.reason}"
    kind = _COLOURS.get(region.label, "body") + (" failed" if region.status == Status.FAILED else "")
    high, wide = 2.4 * unit, (1.1 + 1.05 * len(str(place))) * unit
    x, y = corners[0], max(0.0, corners[1] - high)
    return (
        f'<g class="r-{kind}"><title>{escape(title)}</title><polygon points="{path}"/>'
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{wide:.1f}" height="{high:.1f}"/>'
        f'<text x="{x + wide / 2:.1f}" y="{y + 0.78 * high:.1f}" font-size="{1.9 * unit:.1f}">{place}</text></g>'
    )


def _region_list(regions: Sequence[Region]) -> str:
    if not regions:
        return ""
    rows = "".join(_region_row(region, place) for place, region in enumerate(regions, 1))
    return (
        f"<details><summary>Regions ({len(regions)})</summary>"
        '<div class="scroll"><table class="regions"><thead><tr><th scope="col" class="n">No.</th>'
        '<th scope="col">Label</th><th scope="col">Detector’s own</th><th scope="col" class="n">Score</th>'
        '<th scope="col">Status</th><th scope="col">Box x0 y0 x1 y1</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _region_row(region: Region, place: int) -> str:
    box = " ".join(f"{side:.0f}" for side in region.box)
    status = escape(f"{region.status} {region.reason}".strip())
    return (
        f'<tr><td class="n">{place}</td><td><span class="swatch r-{_COLOURS.get(region.label, "body")}"></span>'
        f'{escape(region.label)}</td><td>{escape(region.native_label)}</td><td class="n">{region.score:.2f}</td>'
        f"<td>{status}</td><td>{box}</td></tr>"
    )


def _text(card: PageCard) -> str:
    if card.reference is None:
        return f"<h4>Recognised text <small>no reference to compare with</small></h4>{plain(card.hypothesis)}"
    spans = card.spans or [("replace", card.reference, card.hypothesis)]
    return (
        f"<h4>Differences {reference_chip(card.reference_kind)}</h4>"
        f'<div class="diff">{marked(spans)}</div>'
        f"<details><summary>Reference</summary>{plain(card.reference)}</details>"
        f"<details><summary>Recognised text</summary>{plain(card.hypothesis)}</details>"
    )


def plain(text: str) -> str:
    """Show a text as it was written, cut where nobody reads on."""
    if not text.strip():
        return '<p class="empty">No text.</p>'
    rest = len(text) - _LONGEST_TEXT
    return f"<pre>\n{escape(text[:_LONGEST_TEXT])}</pre>{_cut(rest) if rest > 0 else ''}"


def _cut(rest: int) -> str:
    return f'<p class="empty">{rest:,} more characters are not shown.</p>'


def marked(spans: Iterable[Span]) -> str:
    """Return the alignment: what was missed as `<del>`, what was added as `<ins>`, the rest as it is."""
    parts: list[str] = []
    room = _LONGEST_TEXT
    rest = 0
    for _, reference, hypothesis in spans:
        if room <= 0:
            rest += max(len(reference), len(hypothesis))
            continue
        old, new = reference[:room], hypothesis[:room]
        rest += max(len(reference), len(hypothesis)) - max(len(old), len(new))
        room -= max(len(old), len(new))
        parts.append(escape(old) if old == new else _change("del", old) + _change("ins", new))
    return "".join(parts) + (_cut(rest) if rest else "")


def _change(tag: str, text: str) -> str:
    """Mark a change. White space alone gets a sign to be seen by, and takes no room where it was missed."""
    if not text:
        return ""
    if text.strip():
        return f"<{tag}>{escape(text)}</{tag}>"
    sign = "".join("⏎" if space == "\n" else "␣" for space in text)
    return f'<{tag} class="space" data-sign="{sign}">{escape(text) if tag == "ins" else ""}</{tag}>'

"""A document in docling's own form, so that its chunkers and converters take it: JSON, or DocTags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from docling_core.types.doc.base import BoundingBox, CoordOrigin, Size
from docling_core.types.doc.common.reference import ProvenanceItem
from docling_core.types.doc.document import DoclingDocument
from docling_core.types.doc.items.table.table_data import TableCell, TableData
from docling_core.types.doc.labels import DocItemLabel

from ocr_project.domain.types import Label, Page, TextFormat, Transcript
from ocr_project.engine.models.dialects.html_table import Table, parse_table
from ocr_project.engine.transcript.lines import Reading

if TYPE_CHECKING:
    from ocr_project.domain.types import Box

_OURS = {  # labels that docling does not have
    Label.PAGE_NUMBER: DocItemLabel.PAGE_FOOTER,
    Label.FORMULA_NUMBER: DocItemLabel.TEXT,
    Label.SEAL: DocItemLabel.PICTURE,
    Label.PAGE: DocItemLabel.TEXT,
}
_PICTURES = (DocItemLabel.PICTURE, DocItemLabel.CHART)


class DoclingFile:
    """The regions of a document with their boxes, in reading order.

    Args:
        name: Of the document.
        json: Takes docling's JSON; None: it is not wanted.
        doctags: Takes DocTags; None: they are not wanted.
    """

    def __init__(self, name: str, json: BinaryIO | None, doctags: BinaryIO | None) -> None:
        self._document = DoclingDocument(name=name)
        self._json, self._doctags = json, doctags

    def add(self, page: Page, readings: Sequence[Reading], transcript: Transcript, crops: Sequence[str]) -> None:
        size = Size(width=max(1, page.width), height=max(1, page.height))
        self._document.add_page(page_no=page.number, size=size)
        for reading in readings:
            self._add(reading, page.number)

    def finish(self) -> None:
        if self._json is not None:
            self._json.write(
                self._document.model_dump_json(by_alias=True, exclude_none=True).encode("utf-8", "replace")
            )
        if self._doctags is not None:
            self._doctags.write(self._document.export_to_doctags().encode("utf-8", "replace"))

    def _add(self, reading: Reading, number: int) -> None:
        label = _OURS.get(reading.region.label) or DocItemLabel(reading.region.label.value)
        text = "\n".join(reading.lines)
        where = ProvenanceItem(page_no=number, bbox=_bbox(reading.region.box), charspan=(0, len(text)))
        table = parse_table(reading.recognition.text) if reading.recognition.format is TextFormat.HTML else []
        if table:
            self._document.add_table(data=_table(table), prov=where)
        elif label in _PICTURES:
            self._document.add_picture(prov=where)
        elif not text:
            return
        elif label is DocItemLabel.SECTION_HEADER:
            self._document.add_heading(text=text, prov=where)
        elif label is DocItemLabel.TABLE:  # read as lines
            self._document.add_text(label=DocItemLabel.TEXT, text=text, prov=where)
        else:
            self._document.add_text(label=label, text=text, prov=where)


def _bbox(box: Box) -> BoundingBox:
    return BoundingBox(l=box.x0, t=box.y0, r=box.x1, b=box.y1, coord_origin=CoordOrigin.TOPLEFT)


def _table(table: Table) -> TableData:
    cells: list[TableCell] = []
    taken: set[tuple[int, int]] = set()
    for row, line in enumerate(table):
        column = 0
        for cell in line:
            while (row, column) in taken:
                column += 1
            rows = min(cell.rows, len(table) - row)
            taken |= {(row + below, column + beside) for below in range(rows) for beside in range(cell.columns)}
            more: dict[str, Any] = {"column_header": cell.header}
            cells.append(
                TableCell(
                    text=" ".join(cell.text.split()),
                    row_span=rows,
                    col_span=cell.columns,
                    start_row_offset_idx=row,
                    end_row_offset_idx=row + rows,
                    start_col_offset_idx=column,
                    end_col_offset_idx=column + cell.columns,
                    **more,
                )
            )
            column += cell.columns
    width = max((column for _, column in taken), default=-1) + 1
    return TableData(num_rows=len(table), num_cols=width, table_cells=cells)

"""Office files, as small as the programs that read them allow."""

from __future__ import annotations

import zipfile
from collections.abc import Container
from pathlib import Path
from xml.sax.saxutils import escape

_HP = "http://www.hancom.co.kr/hwpml/2011"
_OPF = "http://www.idpf.org/2007/opf/"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_FONTS = "".join(
    f'<hh:fontface lang="{lang}" fontCnt="1"><hh:font id="0" face="함초롬바탕" type="TTF"/></hh:fontface>'
    for lang in ("HANGUL", "LATIN", "HANJA", "JAPANESE", "OTHER", "SYMBOL", "USER")
)


def write_hwpx(
    path: Path,
    lines: list[str],
    *,
    manifest: str = "<manifest/>",
    breaks: Container[int] = (),
    compressed: bool = False,
) -> None:
    """Write an HWPX (OWPML, KS X 6101).

    Args:
        path: The file.
        lines: A paragraph each.
        manifest: XML.
        breaks: Numbers of the paragraphs that begin a page, from 0.
        compressed: Whether its parts are.
    """
    each = 'hangul="{0}" latin="{0}" hanja="{0}" japanese="{0}" other="{0}" symbol="{0}" user="{0}"'
    header = (
        f'<hh:head xmlns:hh="{_HP}/head" version="1.4" secCnt="1"><hh:refList><hh:fontfaces itemCnt="7">{_FONTS}'
        '</hh:fontfaces><hh:charProperties itemCnt="1"><hh:charPr id="0" height="1000" textColor="#000000">'
        f"<hh:fontRef {each.format(0)}/><hh:ratio {each.format(100)}/><hh:spacing {each.format(0)}/>"
        f"<hh:relSz {each.format(100)}/></hh:charPr></hh:charProperties>"
        '<hh:paraProperties itemCnt="1"><hh:paraPr id="0"><hh:align horizontal="LEFT"/></hh:paraPr>'
        "</hh:paraProperties></hh:refList></hh:head>"
    )
    page = (
        '<hp:secPr><hp:pagePr landscape="WIDELY" width="59528" height="84186"><hp:margin header="4252" footer="4252"'
        ' gutter="0" left="8504" right="8504" top="5668" bottom="4252"/></hp:pagePr></hp:secPr>'
    )
    paragraphs = "".join(
        f'<hp:p id="{at}" paraPrIDRef="0" styleIDRef="0" pageBreak="{int(at in breaks)}"><hp:run charPrIDRef="0">'
        f"{page if not at else ''}<hp:t>{escape(line)}</hp:t></hp:run></hp:p>"
        for at, line in enumerate(lines)
    )
    section = f'<hs:sec xmlns:hs="{_HP}/section" xmlns:hp="{_HP}/paragraph">{paragraphs}</hs:sec>'
    content = (
        f'<opf:package xmlns:opf="{_OPF}"><opf:manifest><opf:item id="header" href="Contents/header.xml"'
        ' media-type="application/xml"/><opf:item id="section0" href="Contents/section0.xml"'
        ' media-type="application/xml"/></opf:manifest><opf:spine><opf:itemref idref="section0"/></opf:spine>'
        "</opf:package>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", "application/hwp+zip")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("Contents/content.hpf", content)
        archive.writestr("Contents/header.xml", header)
        archive.writestr("Contents/section0.xml", section)


def write_docx(path: Path, text: str, *, compressed: bool = False) -> None:
    """Write a DOCX of one paragraph."""
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" Type="{_OFFICE}/officeDocument"'
        ' Target="word/document.xml"/></Relationships>'
    )
    body = f"<w:body><w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p></w:body>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations)
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{_WORD}">{body}</w:document>')


def write_odt(path: Path, text: str, picture: str) -> None:
    """Write an ODT of one paragraph, with a picture that is elsewhere.

    Args:
        path: The file.
        text: Of the paragraph.
        picture: URL.
    """
    kind = "application/vnd.oasis.opendocument.text"
    names = "urn:oasis:names:tc:opendocument:xmlns"
    entries = "".join(
        f'<m:file-entry m:full-path="{name}" m:media-type="{media}"/>'
        for name, media in (("/", kind), ("content.xml", "text/xml"))
    )
    manifest = f'<m:manifest xmlns:m="{names}:manifest:1.0" m:version="1.2">{entries}</m:manifest>'
    frame = (
        '<d:frame s:width="3cm" s:height="3cm" t:anchor-type="as-char">'
        f'<d:image x:href="{picture}" x:type="simple"/></d:frame>'
    )
    content = (
        f'<o:document-content xmlns:o="{names}:office:1.0" xmlns:t="{names}:text:1.0" xmlns:d="{names}:drawing:1.0"'
        f' xmlns:s="{names}:svg-compatible:1.0" xmlns:x="http://www.w3.org/1999/xlink" o:version="1.2">'
        f"<o:body><o:text><t:p>{escape(text)} {frame}</t:p></o:text></o:body></o:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)


def hwp_head(flags: int) -> bytes:
    """Return an OLE file's first bytes, and in it where the stream FileHeader of HWP 5.0 would be."""
    header = b"HWP Document File".ljust(32, b"\0") + bytes((0, 1, 0, 5)) + flags.to_bytes(4, "little")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(1024, b"\0") + header.ljust(512, b"\0")

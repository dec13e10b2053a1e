"""Image files to pages: every mode comes out as eight bits, upright, opaque, and looks as it should."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ocr_project.domain.errors import BrokenDocument, TooLarge
from ocr_project.domain.options import IngestOptions
from ocr_project.engine.imaging.pixels import decode
from ocr_project.engine.ingest.images import count_pages, encode_page, read_image, read_pages, to_pixels
from ocr_project.engine.ingest.rendered_page import Picture
from tests.nasty import image_bytes, noise

OPTIONS = IngestOptions()
RED, WHITE = (255, 0, 0), (255, 255, 255)


def picture_of(image: Image.Image, kind: str, **options: object) -> Picture:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return read_image(buffer.getvalue(), OPTIONS)


def corner(picture: Picture) -> tuple[int, ...]:
    return tuple(int(value) for value in decode(picture.image)[0, 0])


def two_tone(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Return a white picture whose upper left quarter is red."""
    image = Image.new("RGB", size, WHITE)
    image.paste(RED, (0, 0, size[0] // 2, size[1] // 2))
    return image


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "L")])
def test_what_is_plain_stays_byte_for_byte(kind: str, mode: str) -> None:
    data = image_bytes(kind, mode)
    picture = read_image(data, OPTIONS)
    assert picture.image == data
    assert (picture.media_type, picture.width, picture.height) == (f"image/{kind.lower()}", 60, 40)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "CMYK"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "LA"), ("TIFF", "RGB"), ("WEBP", "RGB"), ("BMP", "RGB")],
)
def test_what_is_not_is_encoded_and_looks_the_same(kind: str, mode: str) -> None:
    buffer = BytesIO()
    two_tone().convert(mode).save(buffer, kind)
    picture = read_image(buffer.getvalue(), OPTIONS)
    pixels = decode(picture.image)
    assert pixels.shape == (20, 40, 3)
    assert picture.media_type in ("image/png", "image/jpeg")
    want = np.asarray(two_tone().convert("LA" if mode == "LA" else "RGB").convert("RGB"), np.int16)
    assert np.abs(pixels.astype(np.int16) - want).mean() < 8


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_undone(turn: int, kind: str) -> None:
    stored = {  # what a camera stores so that a viewer shows `two_tone` (EXIF 2.32, table 4)
        1: two_tone(),
        2: two_tone().transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: two_tone().transpose(Image.Transpose.ROTATE_180),
        4: two_tone().transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: two_tone().transpose(Image.Transpose.TRANSPOSE),
        6: two_tone().transpose(Image.Transpose.ROTATE_90),
        7: two_tone().transpose(Image.Transpose.TRANSVERSE),
        8: two_tone().transpose(Image.Transpose.ROTATE_270),
    }[turn]
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = picture_of(stored, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    assert (picture.width, picture.height) == (40, 20)
    pixels = decode(picture.image).astype(int)
    assert np.abs(pixels[2:8, 2:18] - RED).mean() < 20
    assert np.abs(pixels[12:, 22:] - WHITE).mean() < 20
    assert np.abs(pixels[2:8, 22:] - WHITE).mean() < 20


def test_damaged_exif_is_no_reason_to_lose_a_page() -> None:
    data = image_bytes("JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert read_image(data, OPTIONS).image == data


def test_alpha_lies_over_white() -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert corner(picture_of(image, "PNG")) == WHITE
    grey = Image.new("L", (8, 8), 7)
    assert corner(picture_of(grey, "PNG", transparency=7)) == WHITE
    half = Image.new("LA", (8, 8), (0, 128))
    assert corner(picture_of(half, "PNG")) == (127, 127, 127)


def test_sixteen_bits_become_eight() -> None:
    ramp = np.linspace(0, 65535, 64 * 4).astype(np.uint16).reshape(4, 64)
    pixels = decode(picture_of(Image.fromarray(ramp), "PNG").image)[..., 0].astype(float)
    assert np.abs(pixels - ramp / 257.0).max() <= 1 + 8  # the eight are JPEG's, if it comes to that
    dark = Image.fromarray(np.array([[200, 65535]] * 4, np.uint16))
    assert corner(picture_of(dark, "PNG")) == (1, 1, 1)
    unit = Image.fromarray(np.full((4, 4), 0.5, np.float32))
    assert corner(picture_of(unit, "TIFF")) == (128, 128, 128)


@pytest.mark.parametrize(
    ("white", "named", "want"),
    [(1023, 1023, 255), (4095, None, 255), (3000, 4095, 187), (16383, 65535, 255), (40000, None, 156)],
)
def test_fewer_bits_in_sixteen_become_eight(white: int, named: int | None, want: int) -> None:
    """The brightest value is white, unless the file names another that is not far from it."""
    image = Image.fromarray(np.array([[white, white // 2] * 8] * 16, np.uint16))
    tags = {} if named is None else {281: named}
    found = decode(picture_of(image, "TIFF", tiffinfo=tags).image)[..., 0]
    assert abs(int(found.max()) - want) <= 2
    assert abs(int(found.min()) - want // 2) <= 2


def test_one_bit_becomes_black_and_white() -> None:
    image = Image.new("1", (9, 9), 1)
    image.putpixel((0, 0), 0)
    picture = picture_of(image, "TIFF", compression="group4")
    assert corner(picture) == (0, 0, 0)
    assert decode(picture.image)[8, 8].tolist() == [255] * 3


def test_a_tiff_has_many_pages_each_of_its_own_size(tmp_path: Path) -> None:
    path = tmp_path / "many.tif"
    frames = [Image.fromarray(noise(width, 20, seed=width)) for width in (20, 30, 40)]
    frames[0].save(path, save_all=True, append_images=frames[1:], dpi=(300, 300))
    assert count_pages(path, OPTIONS) == 3
    pages = list(read_pages(path, 2, 4, OPTIONS))
    assert [page.width for page in pages if isinstance(page, Picture)] == [30, 40]
    assert isinstance(pages[2], BrokenDocument)
    assert isinstance(pages[0], Picture)
    assert pages[0].dpi == 300


def test_one_damaged_frame_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "many.tif"
    frames = [Image.fromarray(noise(seed=seed)) for seed in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], compression="tiff_adobe_deflate")
    with Image.open(path) as image:
        image.seek(1)
        start = image.tag_v2[273][0]
    data = bytearray(path.read_bytes())
    data[start : start + 200] = bytes(200)
    path.write_bytes(bytes(data))
    assert [type(answer) for answer in read_pages(path, 1, 3, OPTIONS)] == [Picture, BrokenDocument, Picture]


def test_only_the_first_frame_of_what_moves_is_a_page(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    Image.new("P", (9, 9), 3).save(path, save_all=True, append_images=[Image.new("P", (9, 9), 5)])
    assert count_pages(path, OPTIONS) == 1


@pytest.mark.parametrize(("dpi", "want"), [(300, 300), (36, 36), (1200, 1200), (1, 0), (9600, 0)])
def test_implausible_resolutions_are_not_believed(dpi: int, want: int) -> None:
    assert picture_of(two_tone(), "TIFF", dpi=(dpi, dpi)).dpi == pytest.approx(want)
    assert read_image(image_bytes("JPEG"), OPTIONS).dpi == 0


@pytest.mark.parametrize(
    ("dpi", "size"), [((204, 98), (40, 42)), ((204, 391), (77, 20)), ((204, 196), (40, 20)), ((300, 30), (40, 20))]
)
def test_pixels_that_are_not_square_are_stretched(dpi: tuple[int, int], size: tuple[int, int]) -> None:
    picture = picture_of(two_tone().convert("1"), "TIFF", dpi=dpi)
    assert (picture.width, picture.height) == size
    assert picture.dpi == pytest.approx(391 if dpi[1] == 391 else dpi[0])


def test_a_fax_that_lies_on_its_side_is_stretched_before_it_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = picture_of(two_tone(), "PNG", dpi=(200, 100), exif=exif)
    assert (picture.width, picture.height) == (40, 40)


def test_the_limit_of_pixels_holds_for_stretched_ones() -> None:
    buffer = BytesIO()
    two_tone().convert("1").save(buffer, "TIFF", dpi=(204, 98))
    with pytest.raises(TooLarge, match="40 x 42 pixels"):
        read_image(buffer.getvalue(), IngestOptions(max_pixels=1000))


def test_the_limit_of_pixels_is_exact_and_checked_before_decoding() -> None:
    data = image_bytes("PNG")
    assert read_image(data, IngestOptions(max_pixels=60 * 40)).width == 60
    with pytest.raises(TooLarge, match=r"60 x 40 .* \(2,399\)"):
        read_image(data, IngestOptions(max_pixels=60 * 40 - 1))


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}, {"lossless": True, "exif": b"Exif\0\0"}])
def test_the_size_of_a_webp_is_known_before_it_is_opened(options: dict[str, object]) -> None:
    data = image_bytes("WEBP", **options)
    assert read_image(data, IngestOptions(max_pixels=60 * 40)).width == 60
    with pytest.raises(TooLarge, match="60 x 40"):
        read_image(data, IngestOptions(max_pixels=60 * 40 - 1))


def test_drawn_pages_are_png_and_photographs_jpeg() -> None:
    drawn = np.full((200, 100, 3), 255, np.uint8)
    drawn[50:90, 10:80] = 0
    data, kind = encode_page(drawn, OPTIONS)
    assert kind == "image/png"
    assert np.array_equal(decode(data), drawn)
    data, kind = encode_page(noise(200, 100), OPTIONS)
    assert kind == "image/jpeg"
    assert len(data) > len(encode_page(noise(200, 100), IngestOptions(jpeg_quality=60))[0])


def test_a_page_without_colour_is_stored_grey() -> None:
    drawn = np.full((64, 64, 3), 255, np.uint8)
    grey, _ = encode_page(drawn, OPTIONS)
    drawn[17, 5] = RED
    colour, _ = encode_page(drawn, OPTIONS)
    with Image.open(BytesIO(grey)) as first, Image.open(BytesIO(colour)) as second:
        assert (first.mode, second.mode) == ("L", "RGB")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_an_image_on_white_is_the_same_by_rows_as_whole(mode: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 60, 4), np.uint8)
    image = Image.fromarray(noise).convert(mode)
    if mode == "P":
        image.info["transparency"] = bytes(range(256))
    layered = image.convert("RGBA")
    whole = Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")

    assert np.array_equal(to_pixels(image), np.asarray(whole))


def test_an_image_that_takes_too_much_memory_is_refused_before_it_is_decoded() -> None:
    file = BytesIO()
    Image.new("RGBA", (1200, 1000)).save(file, "PNG")
    size = 1200 * 1000 * (4 + 3)

    with pytest.raises(TooLarge, match="image_memory_gib"):
        read_image(file.getvalue(), IngestOptions(image_memory_gib=(size - 1) / 2**30))
    assert read_image(file.getvalue(), IngestOptions(image_memory_gib=size / 2**30)).width == 1200


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_the_page_and_the_others_are_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"slides.{kind.lower()}"
    frames = [two_tone(), Image.new("RGB", (40, 20), WHITE), Image.new("RGB", (40, 20), RED)]
    frames[0].save(path, kind, save_all=True, append_images=frames[1:], duration=100)
    assert count_pages(path, OPTIONS) == 1
    (page,) = read_pages(path, 1, 1, OPTIONS)
    assert isinstance(page, Picture)
    assert page.note.startswith("the first of 3 frames of an animation")
    frames[0].save(path, kind)
    (still,) = read_pages(path, 1, 1, OPTIONS)
    assert isinstance(still, Picture)
    assert still.note == ""


@pytest.mark.parametrize(("print_", "paper"), [((250, 250, 245), 0), ((60, 60, 60), 255)])
def test_transparent_paper_is_such_that_print_is_seen_on_it(print_: tuple[int, int, int], paper: int) -> None:
    image = Image.new("RGBA", (40, 20), (*print_, 0))
    image.paste((*print_, 255), (0, 0, 20, 10))
    pixels = to_pixels(image)
    assert tuple(pixels[0, 0]) == print_
    assert (pixels[15, 30] == paper).all()

"""The font files of specimens: those that the bundled samples are set in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ocr_project.domain.errors import BackendError

FACES: Mapping[str, str] = {
    "serif": "liberation/LiberationSerif-Regular.ttf",
    "serif_bold": "liberation/LiberationSerif-Bold.ttf",
    "sans": "liberation/LiberationSans-Regular.ttf",
    "sans_bold": "liberation/LiberationSans-Bold.ttf",
    "mono": "liberation/LiberationMono-Regular.ttf",
    "mono_bold": "liberation/LiberationMono-Bold.ttf",
    "gothic": "nanum/NanumGothic.ttf",
    "gothic_bold": "nanum/NanumGothicBold.ttf",
    "myeongjo": "nanum/NanumMyeongjo.ttf",
    "myeongjo_bold": "nanum/NanumMyeongjoBold.ttf",
}


def font_files(faces: Iterable[str], folder: Path) -> dict[str, Path]:
    """Return the files of faces.

    Raises:
        BackendError: One is missing; the message says which package has it.
    """
    files = {face: folder / FACES[face] for face in faces}
    missing = sorted({str(path) for path in files.values() if not path.is_file()})
    if missing:
        packages = sorted({f"fonts-{Path(path).parent.name}" for path in missing})
        raise BackendError(
            f"specimens are drawn with fonts that are not there: {', '.join(missing)}. Install them"
            f" (Debian: apt-get install {' '.join(packages)}), or set specimens.fonts to the folder that has them"
        )
    return files

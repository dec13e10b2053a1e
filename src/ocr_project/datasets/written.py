"""A file or folder that a node wrote, and that loads as its path.

For what is a stream on its way out and a path on its way in: reports, exports, vectors to map into memory. The node
writes a draft, and the dataset moves it to where it belongs (docs/decisions/0017-work-in-nodes.md).
"""

from __future__ import annotations

from pathlib import Path

from ocr_project.datasets.place import Place
from ocr_project.storage.scratch import put_in_place


class Written(Place[Path, Path]):
    """Saves the path of something finished by moving it, loads as a path.

    A node that writes only what changed takes the place itself as an input (the twin `…_done`), writes each file of
    it whole, and returns that path: then there is nothing to move.
    """

    def load(self) -> Path:
        return self.path

    def save(self, data: Path) -> None:
        put_in_place(data, self.place_to_save())

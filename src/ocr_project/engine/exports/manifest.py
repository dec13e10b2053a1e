"""What was exported already: a small JSON file in the folder of the exports."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ocr_project.storage.atomic import atomic_file

log = logging.getLogger(__name__)

_NAME = ".manifest.json"
_SAVE_EVERY = 2.0  # seconds: what a kill may lose of the manifest, against writing it 40,000 times
_SAVES_A_WAIT = 20.0  # a manifest of 40,000 documents takes half a second: saving it is a twentieth of the time


def exported_files(folder: Path) -> dict[str, dict[str, str]]:
    """Return the files of each exported document: kinds (`markdown`, `pdf`, …) and addresses from a run's report.

    A report lies two folders below that of the exports: under its name, and under its version.
    """
    return {
        name: {file.split("/")[0]: f"../../{folder.name}/{quote(file)}" for file in files}
        for name, (_, files) in Manifest.load(folder).documents.items()
    }


@dataclass(slots=True)
class Manifest:
    """Keys and files by document.

    Attributes:
        documents: By name: the key, and the files relative to the folder.
        jsonl: Key of `ocr_results.jsonl`; an empty string where it is not up to date.
        corpus: Key of all of it; an empty string while something is missing.
    """

    folder: Path
    documents: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    jsonl: str = ""
    corpus: str = ""
    _save_after: float = field(default_factory=lambda: time.monotonic() + _SAVE_EVERY)
    _gone: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read the manifest of a folder; one that is missing or damaged is empty, and all is written anew."""
        path = folder / _NAME
        try:
            data = json.loads(path.read_text("utf-8"))
            documents = {name: (str(entry["key"]), list(entry["files"])) for name, entry in data["documents"].items()}
            return cls(folder, documents, str(data["jsonl"]), str(data.get("corpus", "")))
        except FileNotFoundError:
            return cls(folder)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s cannot be read (%s): everything is exported again", path, error)
            return cls(folder)

    def holds(self, name: str, key: str) -> bool:
        """Say whether a document was exported with this very key and its files are still there."""
        known, files = self.documents.get(name, ("", []))
        return known == key and all((self.folder / file).is_file() for file in files)

    def holds_all(self, corpus: str) -> bool:
        """Say whether a whole corpus was exported with this very key and all of its files are still there."""
        return self.corpus == corpus and all(self.holds(name, key) for name, (key, _) in self.documents.items())

    def files(self, name: str) -> list[str]:
        """Return the files of a document, relative to the folder; none where it was not exported."""
        return self.documents.get(name, ("", []))[1]

    def begin(self, names: Collection[str]) -> None:
        """Say that documents are about to be written: of those that there are, the files are no longer known.

        A run that is killed may have replaced any of them, and the next one may want what is noted here.
        """
        if known := [name for name in names if self.documents.get(name, ("", []))[0]]:
            for name in known:
                self.documents[name] = ("", self.documents[name][1])
            self.corpus = ""
            self.save()

    def record(self, name: str, key: str, files: Iterable[str]) -> None:
        """Note a finished document, and write the manifest at times; files that it no longer has are removed."""
        now = sorted(files)
        _, before = self.documents.get(name, ("", []))
        self.documents[name] = (key, now)
        self.corpus = ""
        self._gone |= set(before) - set(now)
        if time.monotonic() > self._save_after:
            self.save()

    def keep(self, names: Collection[str]) -> bool:
        """Forget documents that left the corpus, and remove their files.

        Returns:
            Whether there were any.
        """
        gone = set(self.documents) - set(names)
        for name in gone:
            _, files = self.documents.pop(name)
            self._remove(set(files))
        return bool(gone)

    def save(self) -> None:
        """Remove what no document has any more, and write the manifest."""
        began = time.monotonic()
        self._remove(self._gone)
        self._gone = set()
        entries = {name: {"key": key, "files": files} for name, (key, files) in self.documents.items()}
        whole = {"jsonl": self.jsonl, "corpus": self.corpus, "documents": entries}
        with atomic_file(self.folder / _NAME) as file:
            file.write(json.dumps(whole, ensure_ascii=False).encode())
        now = time.monotonic()
        self._save_after = now + max(_SAVE_EVERY, _SAVES_A_WAIT * (now - began))

    def _remove(self, files: Collection[str]) -> None:
        """Remove files that no document has, and the folders that this leaves empty."""
        if not files:
            return
        used = {file for _, theirs in self.documents.values() for file in theirs}
        for file in set(files) - used:
            path = self.folder / file
            path.unlink(missing_ok=True)
            for parent in path.parents:
                if parent == self.folder or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()

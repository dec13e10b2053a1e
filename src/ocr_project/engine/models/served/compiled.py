"""What servers compile outlives them: a folder in the user's cache, and a note of what is in it.

vLLM's own cache and those of torch.compile and Triton lie below it; without it the last two are in /tmp. The first
server of a kind compiles, and notes that it is done; those after it find it there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ocr_project.domain.options import ServerOptions
from ocr_project.engine.models.packages import installed
from ocr_project.engine.models.served.scale import Kind, scaled
from ocr_project.engine.running.monitoring.nvml import open_nvml, visible_gpus

_FOLDERS: Mapping[str, str] = {
    "VLLM_CACHE_ROOT": "vllm",
    "TORCHINDUCTOR_CACHE_DIR": "torchinductor",
    "TRITON_CACHE_DIR": "triton",
}
_TELLS = (
    "model",
    "revision",
    "quantization",
    "compile_vision",
    "max_model_len",
    "max_num_batched_tokens",
    "max_num_seqs",
)


def compile_cache() -> Path:
    """Return the folder of what was compiled, in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ocr_project" / "compiled"


def cache_environment() -> dict[str, str]:
    """Return the variables that put caches there; those that a person has set stay as they are."""
    named = {name: os.environ.get(name) or str(compile_cache() / folder) for name, folder in _FOLDERS.items()}
    return {**named, **_bytecode_environment()}


def bytecode_kept(package: Path) -> bool:
    """Say whether Python finds the bytecode of a package beside it, or will once it has written it there.

    Args:
        package: Its folder.
    """
    if sys.pycache_prefix or (package / "__pycache__").is_dir():
        return True
    return not sys.dont_write_bytecode and os.access(package, os.W_OK)


def _bytecode_environment() -> dict[str, str]:
    """Return what lets a server keep the bytecode of its 5,000 modules where it would compile them at each start.

    Images often forbid Python to write any (`PYTHONDONTWRITEBYTECODE`), or their packages belong to another account;
    to compile takes a server more time than to import (docs/log.md). Nothing is written beside the packages then.
    """
    package = package_folder("vllm")
    if package is None or bytecode_kept(package):
        return {}
    return {"PYTHONPYCACHEPREFIX": str(compile_cache() / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}


def package_folder(name: str) -> Path | None:
    """Return where a package is, without importing it; None where it is not here."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


class CompileMark:
    """The note that servers of one kind have compiled on this machine."""

    def __init__(self, options: ServerOptions, arguments: Sequence[str] = ()) -> None:
        """Tell the kind: what is compiled depends on it.

        Args:
            options: Of the servers, with nothing left to choose.
            arguments: What the stage asks of its servers.
        """
        told = options.model_dump(mode="json", include=set(_TELLS))
        parts = [told, *arguments, *options.server_args, installed("vllm"), _towers(), _card()]
        kind = json.dumps(parts, sort_keys=True)
        self.path = compile_cache() / f"{hashlib.sha256(kind.encode()).hexdigest()[:16]}.compiled"

    def exists(self) -> bool:
        """Say whether what they need is in the cache, as far as is known."""
        return self.path.is_file()

    def write(self) -> None:
        """Note that it is. A cache that cannot be written to costs time, not the run."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch()
        except OSError:
            return


def settled(options: Kind, arguments: Sequence[str], pages: int | None) -> tuple[Kind, CompileMark]:
    """Return options in which nothing is left to choose, and the note of whether what they need is compiled.

    Args:
        options: Of servers.
        arguments: What the stage asks of its servers.
        pages: To work on; None: not known.
    """
    chosen = scaled(options, pages, compiled=lambda kind: CompileMark(kind, arguments).exists())
    return chosen, CompileMark(chosen, arguments)


def _towers() -> str:
    """Return what tells our own vision towers from those of another version of this project."""
    files = sorted(Path(__file__).parent.glob("vision_*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _card() -> str:
    nvml = open_nvml()
    if nvml is None:
        return ""
    try:
        return ", ".join(sorted({gpu.name for gpu in visible_gpus(nvml)}))
    finally:
        nvml.nvmlShutdown()

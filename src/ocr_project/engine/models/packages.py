"""Optional packages: whether they are installed, and what to do where they are not."""

from __future__ import annotations

import importlib.util
from importlib.metadata import PackageNotFoundError, version

from ocr_project.domain.errors import BackendError


def require(*packages: str, extra: str, otherwise: str) -> None:
    """Make sure that packages are installed, without importing them.

    Args:
        packages: Names as they are imported.
        extra: Of this project, that brings them.
        otherwise: What else may be done, as the end of a message: "set … to …".

    Raises:
        BackendError: One is missing.
    """
    missing = [name.replace("_", "-") for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise BackendError(
            f"{' and '.join(missing)} {verb} not installed: pip install -e '.[{extra}]', or {otherwise}"
        )


def installed(package: str) -> str:
    """Return the version of a package; `unknown` where it is not here."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"

"""The facts of a run: which code, which machine, which packages."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import version


def facts(commit: str, packages: Iterable[str] = ()) -> dict[str, str]:
    """Return what a person needs to tell this run from another one.

    Args:
        commit: What git says of the checkout (`Project.commit`); empty outside of one.
        packages: Whose versions are told beside it.

    Returns:
        `commit`, `python`, `machine`, then each package: one line each.
    """
    return {
        "commit": commit or "not a git checkout",
        "python": platform.python_version(),
        "machine": f"{platform.node()}, {platform.system()} {platform.machine()}",
        **package_versions(packages),
    }


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the installed versions by name."""
    return {name: version(name) for name in packages}

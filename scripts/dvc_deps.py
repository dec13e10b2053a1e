"""Write the code among the `deps` of dvc.yaml: what each stage imports, straight or through others.

    python scripts/dvc_deps.py            # rewrite dvc.yaml and training/dvc.yaml (`make deps`)
    python scripts/dvc_deps.py --check    # exit status 1, and what would change, where it is stale

A stage's code is its pipeline, `ocr_project.pipelines.<stage>`, the datasets, for they write its results, and all
that these import: inside functions too, for a backend of a GPU is the stage's code as much as the laptop's. The full
name of a module or package in a string is an import as well (processes and vLLM's plug-ins are started so), and a
package that looks its modules up by name (`import_module`) counts whole. Nothing is left out by hand: a stage that is
run once too often finds its shards finished. A folder of which every file counts stands for its files; beside single
modules of a folder its other files (templates, styles) are named.

Deps outside of `src/` are data, and stay as they are written in dvc.yaml.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import sys
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path

import grimp
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "ocr_project"
SOURCE = "src"
WIDTH = 119
FILES = ("dvc.yaml", "training/dvc.yaml")  # the second is run when it is asked for


class Code:
    """Which module needs which.

    Args:
        source: The folder that holds the package.
        package: Its name.
    """

    def __init__(self, source: Path, package: str) -> None:
        if str(source) not in sys.path:
            sys.path.insert(0, str(source))
        self._source = source
        self._graph = grimp.build_graph(package, cache_dir=None)

    def needed_by(self, roots: Sequence[str]) -> set[str]:
        """Return the modules that the roots (packages: with all that is in them) need, themselves included."""
        found: set[str] = set()
        waiting = [module for root in roots for module in self._whole(root)]
        while waiting:
            module = waiting.pop()
            if module not in found:
                found.add(module)
                waiting += self._directly(module)
        return found

    def path(self, module: str) -> Path:
        """Return the file of a module."""
        path = self._source.joinpath(*module.split("."))
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def _directly(self, module: str) -> Iterator[str]:
        yield from self._graph.find_modules_directly_imported_by(module)
        if "." in module:
            yield module.rpartition(".")[0]  # its package is imported first
        nodes = list(ast.walk(ast.parse(self.path(module).read_text("utf-8"))))
        for text in {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}:
            if "." in text and text in self._graph.modules:
                yield from self._whole(text)
        called = {node.func for node in nodes if isinstance(node, ast.Call)}
        if any("import_module" in (getattr(name, "id", ""), getattr(name, "attr", "")) for name in called):
            yield from self._whole(module if self._graph.find_children(module) else module.rpartition(".")[0])

    def _whole(self, package: str) -> list[str]:
        if package not in self._graph.modules:
            raise LookupError(f"there is no {package}: every stage of dvc.yaml is a pipeline of that name")
        return sorted({package, *self._graph.find_descendants(package)})


def files_of(code: Code, modules: Iterable[str]) -> set[Path]:
    """Return the files of modules, and what lies beside them without being a module."""
    files = {code.path(module) for module in modules}
    folders = {file.parent for file in files}
    return files | {file for folder in folders for file in _own(folder) if file.suffix != ".py"}


def compressed(folder: Path, files: set[Path]) -> list[Path]:
    """Name files by their folders where a folder has no others.

    Args:
        folder: Where to begin.
        files: Any; those that are not below the folder do not count.

    Returns:
        Files and folders, sorted.
    """
    below = [file for file in folder.rglob("*") if _is_source(file)]
    if below and files.issuperset(below):
        return [folder]
    found = [file for file in _own(folder) if file in files]
    for inner in folder.iterdir():
        if inner.is_dir():
            found += compressed(inner, files)
    return sorted(found)


def _own(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if _is_source(file)]


def _is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")


def rewritten(text: str, root: Path = ROOT, package: str = PACKAGE) -> str:
    """Return the text of dvc.yaml with the code among its deps as it is now.

    Args:
        text: Of dvc.yaml; comments and layout stay.
        root: The project.
        package: What `src/` holds.

    Raises:
        LookupError: A stage is not a pipeline.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    whole = yaml.load(text)
    code = Code(root / SOURCE, package)
    for name, stage in whole["stages"].items():
        modules = code.needed_by([f"{package}.pipelines.{name}", f"{package}.datasets"])
        found = compressed(root / SOURCE, files_of(code, modules))
        _replace_code(stage["deps"], [path.relative_to(root).as_posix() for path in found])
    written = StringIO()
    yaml.dump(whole, written)
    return written.getvalue()


def _replace_code(deps: CommentedSeq, code: Sequence[str]) -> None:
    """Put the code before the data, in place: the data keep their comments."""
    for place in reversed(range(len(deps))):
        if deps[place].startswith(f"{SOURCE}/"):
            del deps[place]
    for path in reversed(code):
        deps.insert(0, path)
    deps.fa.set_block_style()


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the files of stages, or check them."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 where a file is stale")
    check = parser.parse_args(arguments).check
    stale = False
    for name in FILES:
        before = (ROOT / name).read_text("utf-8")
        after = rewritten(before)
        if before != after and check:
            lines = difflib.unified_diff(
                before.splitlines(), after.splitlines(), name, "as the code is", "", "", 0, ""
            )
            print("\n".join(lines))
            print(f"{name} is stale: run `make deps`")
            stale = True
        elif before != after:
            (ROOT / name).write_text(after, "utf-8")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())

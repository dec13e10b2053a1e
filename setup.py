"""The configuration goes into the wheel: `ocr-project` works outside of a checkout. All else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CONF = "conf"
MINE = "local"  # of the person who builds it: never shipped


class WithConf(build_py):
    """Copies `conf/` beside the package's modules; an editable installation uses that of the checkout."""

    def run(self) -> None:
        """Build the package, then add its configuration."""
        super().run()
        if not self.editable_mode:
            place = Path(self.build_lib, "ocr_project", CONF)
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(CONF, place, ignore=shutil.ignore_patterns(MINE))


setup(cmdclass={"build_py": WithConf})

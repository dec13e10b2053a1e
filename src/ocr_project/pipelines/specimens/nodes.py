"""A set of documents of people who do not exist."""

from __future__ import annotations

import logging
from pathlib import Path

from ocr_project.bench import specimens
from ocr_project.domain.options import SpecimensOptions
from ocr_project.storage.scratch import Scratch, put_in_place

_logger = logging.getLogger(__name__)


def write_specimens(test_set_folder: Path, scratch: Scratch, options: SpecimensOptions) -> Path:
    """Draw a set, and put it in its place when it is whole; one that is there already is left alone.

    Returns:
        `test_set_folder`.

    Raises:
        BackendError: Faker or a font is missing.
        OptionError: Another set has this name.
    """
    specimens.check_needs(options)
    folder = test_set_folder / options.set_name
    if specimens.is_written(folder, options):
        _logger.info("%s is there already, made of the same options", folder)
        return test_set_folder
    with scratch.draft("specimens") as draft:
        images, questions = specimens.write_set(draft, options)
        put_in_place(draft, folder)
    _logger.info("%s: %d documents, %d images, %d questions", folder, options.count, images, questions)
    return test_set_folder

"""Documents of people who do not exist: drawn, marked as specimens, damaged, with the answer of every field.

numbers    check digits of Russian numbers
fonts      the font files, and what to say where one is missing
sheet      a page being printed that knows where each answer stands
kinds/     one file a kind of document: its fields, how they are invented, how they are printed
writing    the set: images, annotation.csv, prompts
prompts/   prompts for these fields, written by people, and a system text
"""

from __future__ import annotations

from ocr_project.bench.specimens.writing import check_needs, is_written, write_set

__all__ = ["check_needs", "is_written", "write_set"]

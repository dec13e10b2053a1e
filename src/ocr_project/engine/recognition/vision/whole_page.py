"""What could not be read by itself, found in the answer for the whole page: what no other region says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def remainder(page_text: str, others: Iterable[str], *, first: bool, last: bool) -> str:
    """Return the lines of a page that none of its other regions has.

    Args:
        page_text: The answer for the whole page.
        others: What was read in its other regions.
        first: Whether a region that is looked for is the first of those read: only then may lines before those of
            all others be its own, and not a running header.
        last: The same of the last, and of lines after all others.

    Returns:
        Lines in order; an empty string where there are none.
    """
    known = "".join(_letters(text) for text in others)
    lines = [line.strip() for line in page_text.splitlines() if _letters(line)]
    is_new = [_letters(line) not in known for line in lines]
    start, end = _span_of_known(is_new)
    start, end = (0 if first else start), (len(lines) if last else end)
    return "\n".join(line for line, new in zip(lines[start:end], is_new[start:end], strict=True) if new)


def _span_of_known(is_new: Sequence[bool]) -> tuple[int, int]:
    known = [place for place, new in enumerate(is_new) if not new]
    return (known[0], known[-1] + 1) if known else (0, len(is_new))


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())

"""Check digits of Russian numbers.

SNILS: the sum of the nine digits times 9 to 1, modulo 101, 100 being 00 (Pension Fund's rule for numbers above
001-001-998). INN of a person: two check digits, each a weighted sum modulo 11 modulo 10 (order of the Federal Tax
Service MMV-7-6/435).
"""

from __future__ import annotations

from collections.abc import Sequence

_INN_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12 = (3, *_INN_11)


def snils(number: int) -> str:
    """Return a SNILS, `353-721-310 54`, of its number without the check digits.

    Args:
        number: Nine digits, above 001-001-998.
    """
    digits = f"{number:09d}"
    check = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True)) % 101 % 100
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]} {check:02d}"


def inn(ten: str) -> str:
    """Return an INN of twelve digits.

    Args:
        ten: Its first ten digits: tax office (4) and number (6).
    """
    eleven = ten + _check(ten, _INN_11)
    return eleven + _check(eleven, _INN_12)


def _check(digits: str, weights: Sequence[int]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11 % 10)

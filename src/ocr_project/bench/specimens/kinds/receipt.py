"""A till receipt of ten fields, 80 mm wide, 472 x 1,000."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ocr_project.bench.specimens.kinds.kind import Kind, Values
from ocr_project.bench.specimens.sheet import Sheet, Style

if TYPE_CHECKING:
    from faker import Faker

_QUESTIONS = {
    "Store": "What is the name of the store?",
    "Address": "What is the address of the store?",
    "Receipt number": "What is the receipt number?",
    "Date": "What is the date of the receipt?",
    "Time": "What is the time of the receipt?",
    "Cashier": "What is the name of the cashier?",
    "Subtotal": "What is the subtotal?",
    "Tax": "What is the amount of tax?",
    "Total": "What is the total amount?",
    "Payment": "How was the receipt paid?",
}
_GOODS = (
    *("Rye bread", "Oat milk 1 l", "Apples 1 kg", "Green tea", "Butter 250 g", "Tomatoes", "Dark chocolate"),
    *("Spring water", "Eggs x10", "Basmati rice", "Olive oil", "Cheddar", "Paper towels", "Soap", "Honey 500 g"),
)
_SHOPS = ("Market", "Grocery", "Corner Shop", "Provisions", "Deli", "Pantry")
_PAYMENTS = ("VISA", "MASTERCARD", "CASH", "GIFT CARD", "DEBIT")
_TAX = 8  # per cent


def _invent(fake: Faker) -> Values:
    goods = fake.random.sample(_GOODS, fake.random.randint(3, 7))
    cents = [fake.random.randint(89, 1999) for _ in goods]
    subtotal = sum(cents)
    tax = round(subtotal * _TAX / 100)
    day = fake.date_between(dt.date(2023, 1, 1), dt.date(2026, 6, 30))
    return {
        "Store": f"{fake.last_name()}'s {fake.random.choice(_SHOPS)}",
        "Address": f"{fake.building_number()} {fake.street_name()}, {fake.city()}",
        "Receipt number": f"{fake.random.randint(1, 999_999):06d}",
        "Date": f"{day:%d %b %Y}",
        "Time": f"{fake.random.randint(8, 21):02d}:{fake.random.randint(0, 59):02d}",
        "Cashier": fake.first_name(),
        "Subtotal": _money(subtotal),
        "Tax": _money(tax),
        "Total": _money(subtotal + tax),
        "Payment": fake.random.choice(_PAYMENTS),
        **{f"{_ITEM}{name}": _money(price) for name, price in zip(goods, cents, strict=True)},
    }


_ITEM = "item "  # what is printed and not asked for


def _draw(sheet: Sheet, values: Values) -> None:
    sheet.field("Store", 236, 66, values["Store"], Style("sans_bold", 29, anchor="ms"))
    for place, line in enumerate(sheet.lines(values["Address"], 400, Style("mono", 19))):
        sheet.field("Address", 236, 98 + 24 * place, line, Style("mono", 19, anchor="ms"))
    y = 176.0
    for name in ("Receipt number", "Date", "Time", "Cashier"):
        sheet.text(34, y, name, Style("mono", 20))
        sheet.field(name, 438, y, values[name], Style("mono", 20, anchor="rs"))
        y += 30
    y = _rule(sheet, y)
    for name in (name for name in values if name.startswith(_ITEM)):
        sheet.text(34, y, name.removeprefix(_ITEM), Style("mono", 20))
        sheet.text(438, y, values[name], Style("mono", 20, "rs"))
        y += 30
    y = _rule(sheet, y)
    for name, label in (("Subtotal", "Subtotal"), ("Tax", f"Tax {_TAX}%")):
        sheet.text(34, y, label, Style("mono", 20))
        sheet.field(name, 438, y, values[name], Style("mono", 20, anchor="rs"))
        y += 30
    sheet.text(34, y + 14, "TOTAL", Style("mono_bold", 30))
    sheet.field("Total", 438, y + 14, values["Total"], Style("mono_bold", 30, anchor="rs"))
    y = _rule(sheet, y + 50)
    sheet.text(34, y, "Payment", Style("mono", 20))
    sheet.field("Payment", 438, y, values["Payment"], Style("mono", 20, anchor="rs"))
    sheet.text(236, y + 80, "Thank you for your visit", Style("mono", 20, "ms"))


def _rule(sheet: Sheet, y: float) -> float:
    for x in range(34, 438, 12):
        sheet.rule(x, y - 8, x + 6, y - 8, 1.5)
    return y + 26


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"


KIND = Kind(
    doc_class="receipt",
    locale="en_US",
    width=472,
    height=860,
    paper="#fafaf7",
    faces=("mono", "mono_bold", "sans_bold"),
    mark="SPECIMEN",
    questions=_QUESTIONS,
    invent=_invent,
    draw=_draw,
)

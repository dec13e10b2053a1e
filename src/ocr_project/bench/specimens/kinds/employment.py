"""A Korean certificate of employment (재직증명서) of eleven fields, A4, 1,240 x 1,754."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ocr_project.bench.specimens.kinds.kind import Kind, Values
from ocr_project.bench.specimens.sheet import Sheet, Style

if TYPE_CHECKING:
    from faker import Faker

_QUESTIONS = {
    "문서번호": "문서번호는 무엇입니까?",
    "성명": "재직자의 성명은 무엇입니까?",
    "생년월일": "재직자의 생년월일은 언제입니까?",
    "주소": "재직자의 주소는 어디입니까?",
    "부서": "재직자의 부서는 어디입니까?",
    "직위": "재직자의 직위는 무엇입니까?",
    "입사일": "입사일은 언제입니까?",
    "용도": "증명서의 용도는 무엇입니까?",
    "발급일": "증명서의 발급일은 언제입니까?",
    "회사명": "회사명은 무엇입니까?",
    "대표이사": "대표이사의 성명은 무엇입니까?",
}
_DEPARTMENTS = ("총무부", "영업1팀", "인사팀", "개발2팀", "품질관리부", "재무회계팀", "마케팅팀", "생산기술부")
_RANKS = ("사원", "주임", "대리", "과장", "차장", "부장", "선임연구원", "책임연구원")
_PURPOSES = ("은행 제출용", "비자 신청용", "관공서 제출용", "대출 심사용", "자녀 학교 제출용", "경력 확인용")
_COMPANIES = (
    "가온누리",
    "한빛나래",
    "새솔",
    "푸른들",
    "미르산업",
    "다온테크",
    "늘품",
    "예담물산",
    "해오름",
    "너울전자",
)
_LEFT, _VALUE, _RIGHT = 130, 370, 1110


def _invent(fake: Faker) -> Values:
    pick = fake.random.choice
    born = fake.date_between(dt.date(1962, 1, 1), dt.date(2000, 12, 31))
    issued = fake.date_between(dt.date(2022, 1, 1), dt.date(2026, 6, 30))
    joined = fake.date_between(dt.date(2005, 3, 1), dt.date(2021, 12, 31))
    return {
        "문서번호": f"제 {issued.year}-{fake.random.randint(1, 9999):04d} 호",
        "성명": fake.name(),
        "생년월일": _in_words(born),
        "주소": fake.address().replace("\n", " "),
        "부서": pick(_DEPARTMENTS),
        "직위": pick(_RANKS),
        "입사일": _in_words(joined),
        "용도": pick(_PURPOSES),
        "발급일": _in_words(issued),
        "회사명": f"주식회사 {pick(_COMPANIES)}",
        "대표이사": fake.name(),
    }


def _draw(sheet: Sheet, values: Values) -> None:
    sheet.text(_LEFT, 150, "문서번호", Style("gothic", 26))
    sheet.field("문서번호", _LEFT + 130, 150, values["문서번호"], Style("gothic", 26))
    sheet.text(620, 320, "재 직 증 명 서", Style("myeongjo_bold", 76, "ms"))
    bottom = _table(sheet, values, 420)
    sheet.text(
        620, bottom + 150, "위 사람은 위와 같이 당사에 재직하고 있음을 증명합니다.", Style("myeongjo", 32, "ms")
    )
    sheet.field("발급일", 620, bottom + 260, values["발급일"], Style("myeongjo", 32, anchor="ms"))
    sheet.field("회사명", 620, 1500, values["회사명"], Style("myeongjo_bold", 46, anchor="ms"))
    sheet.text(470, 1580, "대표이사", Style("myeongjo", 34))
    sheet.field("대표이사", 640, 1580, values["대표이사"], Style("myeongjo", 34))
    sheet.text(790, 1580, "(인)", Style("myeongjo", 28, ink="#777"))


def _table(sheet: Sheet, values: Values, top: float) -> float:
    """Print the fields that stand in a table; return its lower edge."""
    y = top
    for name in ("성명", "생년월일", "주소", "부서", "직위", "입사일", "용도"):
        lines = sheet.lines(values[name], _RIGHT - _VALUE - 50, Style("gothic", 30))
        height = 62 + 40 * len(lines)
        sheet.text((_LEFT + _VALUE) / 2, y + height / 2, name, Style("gothic_bold", 29, "mm"))
        for place, line in enumerate(lines):
            sheet.field(name, _VALUE + 26, y + 62 + 40 * place, line, Style("gothic", 30))
        sheet.rule(_LEFT, y, _RIGHT, y, 1.5)
        y += height
    sheet.frame(_LEFT, top, _RIGHT, y, 3)
    sheet.rule(_VALUE, top, _VALUE, y, 1.5)
    return y


def _in_words(day: dt.date) -> str:
    return f"{day.year}년 {day.month}월 {day.day}일"


KIND = Kind(
    doc_class="employment_certificate",
    locale="ko_KR",
    width=1240,
    height=1754,
    paper="#fdfdfb",
    faces=("gothic", "gothic_bold", "myeongjo", "myeongjo_bold"),
    mark="견본 / SPECIMEN",
    questions=_QUESTIONS,
    invent=_invent,
    draw=_draw,
)

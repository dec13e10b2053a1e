"""How good a recognizer is on public test sets: the sets, their scores, comparison, the gate, the report.

    testsets/   the sets, a folder each
    metrics/    pure functions that return counts
    scoring/    what was read of an item against what is known about it: rows of scores
    results/    tables with intervals, composites, the gate
    report/     the page that people look at

The main job needs none of it: only pipelines and the shell import it (`pip install ocr_project[bench]`).
"""

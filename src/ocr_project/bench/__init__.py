"""How good a recognizer is on public test sets: the sets, their scores, comparison, the gate, the report.

    metrics/    pure functions that return counts
    rules/      what a rule is, and the rules that several sets share
    testsets/   one folder per set, with all that is known about it
    scoring/    what was read of an item against what is known about it: rows of scores
    results/    tables with intervals, composites, the gate
    report/     the page that a person looks at
    compare     runs side by side, as `kedro compare` shows them

The main job needs none of it: only pipelines and the shell import it (`pip install ocr_project[bench]`).
"""

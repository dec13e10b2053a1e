"""The own method: show the best prompt and what it got wrong, ask for a better one, try it; VLMHyperBench's own loop.

The parent is always the best prompt so far. gepa keeps a front of prompts that are each best for some document.
"""

from __future__ import annotations

from ocr_project.bench.prompt_search.trials import Trials


def reflect(trials: Trials, start: str) -> None:
    """Try prompts until the budget is spent, one is good enough, or there are no more.

    Args:
        trials: Of one field; holds the tries afterwards.
        start: The prompt to begin with.

    Raises:
        BackendError: Nothing can be asked any more; what was answered is kept.
    """
    trials.begin(start)
    while not trials.over and trials.step():
        pass

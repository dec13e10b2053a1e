"""gepa: parents from a Pareto front over documents, judged on three of them before they are judged on all.

What it knows of us is an adapter: prompts are judged and proposed by the same code as in `reflect`. Its own state is
not kept (a pickle): the search is run again with what was proposed and answered at hand. Prompts that do not do worse
than their parent on three documents are judged on all, so that all of those below `keep_below` are found
(`improvement_or_equal`; with gepa's default a prompt as good as its parent is dropped).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ocr_project.bench.prompt_search.trials import Trials
from ocr_project.bench.prompt_search.tried import Judged, Proposed
from ocr_project.domain.options.prompt_search import PromptSearchOptions
from ocr_project.domain.types import Question
from ocr_project.engine.models import require

_PROMPT = "prompt"  # the one component of a candidate
_MINIBATCH = 3
_ROUNDS = 10  # for each try: gepa passes over minibatches that are all right, and would do so for ever
_GIVEN_UP = "worse than its parent on a few documents: not judged on the others"


def gepa_search(trials: Trials, start: str, options: PromptSearchOptions) -> None:
    """Try prompts until the budget is spent, one is good enough, or there are no more.

    Args:
        trials: Of one field; holds the tries afterwards.
        start: The prompt to begin with.
        options: Tries and seed.

    Raises:
        BackendError: gepa is not installed, or nothing can be asked any more.
    """
    require("gepa", extra="gepa", otherwise="set prompt_search.method=reflect")
    import gepa

    trials.begin(start)
    adapter = _Adapter(trials)
    if trials.over:
        return
    gepa.optimize(
        seed_candidate={_PROMPT: start},
        trainset=list(trials.questions),
        valset=list(trials.questions),
        adapter=adapter,
        custom_candidate_proposer=adapter.propose,
        reflection_minibatch_size=_MINIBATCH,
        acceptance_criterion="improvement_or_equal",
        stop_callbacks=[lambda state: adapter.over or state.i >= _ROUNDS * options.tries],
        cache_evaluation=True,
        track_best_outputs=False,
        seed=options.seed,
        logger=_Silent(),
    )
    adapter.settle()


class _Silent:
    """What gepa says of each round is in the tries."""

    def log(self, message: str) -> None:
        """Say nothing."""


class _Adapter:
    """gepa's view of one field."""

    propose_new_texts = None  # the proposer is handed over by itself

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._open: tuple[int, str, Proposed] | None = None  # proposed, and not yet judged on all
        self._seen: dict[int, Judged] = {}  # its answers so far
        self._exhausted = False

    @property
    def over(self) -> bool:
        """Whether to stop."""
        return self._exhausted or (self._open is None and self._trials.over)

    def evaluate(self, batch: list[Question], candidate: Mapping[str, str], capture_traces: bool = False) -> Any:
        """Judge a prompt on some documents: what gepa maximises is 1 - clipped CER."""
        from gepa.core.adapter import EvaluationBatch

        answers = list(self._trials.answers(candidate[_PROMPT], batch))
        if self._open is not None and candidate[_PROMPT] == self._open[1]:
            self._seen |= {one.question_id: one for one in answers}
            if len(self._seen) == len(self._trials.questions):
                self._close("")
        return EvaluationBatch(
            outputs=answers,
            scores=[1.0 - one.clipped for one in answers],
            trajectories=answers if capture_traces else None,
        )

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], eval_batch: Any, components_to_update: Sequence[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return what was wrong, in gepa's form; the proposer looks at the tries themselves."""
        wrong = [{"Generated Outputs": one.text, "Feedback": f"right is {one.truth}"} for one in eval_batch.outputs]
        return {component: wrong for component in components_to_update}

    def propose(
        self,
        candidate: Mapping[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: Sequence[str],
    ) -> dict[str, str]:
        """Return the next prompt that may be tried; the parent itself where there is none."""
        self.settle()
        while not self._trials.over:
            found = self._trials.propose()
            if found is None:
                self._exhausted = True
                break
            proposed, prompt, refusal = found
            number = self._trials.used + 1
            if not proposed.reason and not refusal:
                self._open, self._seen = (number, prompt, proposed), {}
                return {_PROMPT: prompt}
            self._trials.refuse(number, prompt, proposed, refusal)
        return {_PROMPT: candidate[_PROMPT]}

    def settle(self) -> None:
        """Keep a prompt that gepa gave up after a few documents."""
        if self._open is not None:
            self._close(_GIVEN_UP)

    def _close(self, reason: str) -> None:
        assert self._open is not None
        number, prompt, proposed = self._open
        answers = [self._seen[one.question_id] for one in self._trials.questions if one.question_id in self._seen]
        self._open = None
        self._trials.judged(number, prompt, proposed, answers, reason)

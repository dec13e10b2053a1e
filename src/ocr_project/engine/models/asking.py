"""One question put to a model until an answer is sound: asked again along a ladder of temperatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocr_project.domain.types import Status
from ocr_project.engine.models.faults import Fault, fault_of
from ocr_project.engine.models.messages import ChatAnswer, ChatRequest, RequestFailed
from ocr_project.engine.models.session import Session

_MOST_TOKENS = 16_384  # of an answer that was cut and is asked for with a higher limit
_DOES_NOT_FIT = "server: 400"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a question over all tries.

    Attributes:
        text: As the model wrote it; of an answer that was cut as far as it goes.
        attempts: Requests that were sent.
        seconds: Over all tries, and so are the tokens.
    """

    text: str = ""
    status: Status = Status.OK
    reason: str = ""
    finish_reason: str = ""
    attempts: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def after(self, answer: ChatAnswer) -> Outcome:
        """Add an answer to what was spent."""
        return replace(
            self,
            text=answer.text,
            finish_reason=answer.finish_reason,
            attempts=self.attempts + answer.tries,
            seconds=self.seconds + answer.seconds,
            prompt_tokens=self.prompt_tokens + answer.prompt_tokens,
            completion_tokens=self.completion_tokens + answer.completion_tokens,
        )

    def refused(self, tries: int) -> Outcome:
        """Add requests that brought nothing."""
        return replace(self, attempts=self.attempts + tries)


class Asker:
    """Asks, judges the answer, and asks again where it is faulty."""

    def __init__(
        self,
        session: Session[ChatRequest, ChatAnswer],
        temperatures: Sequence[float],
        *,
        loops: bool,
        room: int | None = None,
    ) -> None:
        """Ask through a session.

        Args:
            session: To the model.
            temperatures: Of the second, third, … try.
            loops: Whether answers are judged; otherwise the first is taken.
            room: Tokens of prompt and answer together; None where that is not known.
        """
        self._session = session
        self._ladder = (0.0, *temperatures) if loops else (0.0,)
        self._judges = loops
        self._room = room

    async def ask(self, request: ChatRequest) -> Outcome:
        """Ask along the ladder of temperatures until an answer is sound; no failure is raised, but for the session's.

        Args:
            request: Its temperature is not looked at.
        """
        spent = Outcome()
        fault: Fault | None = None
        limit = request.max_tokens
        for temperature in self._ladder:
            try:
                answer = await self._session.ask(replace(request, temperature=temperature))
            except RequestFailed as failed:
                if request.max_tokens > limit and str(failed).startswith(_DOES_NOT_FIT):  # no more than before, then
                    request, spent = replace(request, max_tokens=limit), spent.refused(failed.tries)
                    continue
                return replace(spent, status=Status.FAILED, reason=str(failed), attempts=spent.attempts + failed.tries)
            spent, before = spent.after(answer), fault
            fault = fault_of(answer.text, answer.finish_reason) if self._judges else None
            if fault is None:
                return spent
            if fault is before is Fault.EMPTY:  # said twice: there is nothing
                return replace(spent, status=Status.EMPTY, reason="no text found")
            if fault is Fault.CUT:
                request = replace(request, max_tokens=self._raised(request.max_tokens, answer.prompt_tokens))
        assert fault is not None
        text = spent.text if fault is Fault.CUT else ""
        return replace(spent, text=text, status=Status.FAILED, reason=fault.reason)

    def _raised(self, limit: int, prompt: int) -> int:
        """Return the limit of an answer that was cut: twice as much, or what the prompt leaves room for."""
        most = min(2 * limit, _MOST_TOKENS)
        return max(limit, most if self._room is None else min(most, self._room - prompt))

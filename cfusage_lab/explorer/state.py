"""What is on screen, as one value: all of it changes at once, or nothing does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from cfusage_lab.explorer.beyond import Beyond, span_of
from cfusage_lab.explorer.figures import Headline
from cfusage_lab.explorer.outlook import Budget, Outlook
from cfusage_lab.explorer.questions import Question, is_inside, missing
from cfusage_lab.explorer.same import Same
from cfusage_lab.explorer.scene import Scene
from cfusage_lab.explorer.selection import EVERYTHING, Selection
from cfusage_lab.explorer.tables import Answer
from cfusage_lab.ranges import TimeRange

__all__ = ["State"]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What was asked, what came of it, what is selected of that.

    Attributes
    ----------
    question, answer
        The one belongs to the other.
    names
        Account id to name, of one source.
    beyond
        What is known of the same accounts beside the range.
    selection
        What is selected of the windows in the answer.
    """

    question: Question
    answer: Answer
    names: Mapping[str, str]
    beyond: Beyond
    selection: Selection = EVERYTHING

    @property
    def known(self) -> pl.DataFrame:
        """The windows in the answer and those that it is compared with, each once."""
        return self.beyond.around(self.answer.history, self.question.compared)

    def with_answer(self, question: Question, answer: Answer, names: Mapping[str, str]) -> "State":
        """Return what follows: windows beside the range stay if accounts do, a selection if its hours do.

        The former stay no longer than the hour: one of them may have been running, and ends with it.
        """
        hours = (question.months.end, self.question.months.end)
        is_same = self.beyond.accounts == question.accounts and hours[0] == hours[1]
        is_kept = question.is_of_the_windows_of(self.question) or _hours(answer) == _hours(self.answer)
        is_kept = is_kept or self._is_selection_of(question, answer)
        return State(
            question=question,
            answer=answer,
            names={**self.names, **names},
            beyond=self.beyond if is_same else Beyond(accounts=question.accounts),
            selection=self.selection if is_kept else EVERYTHING,
        )

    def _is_selection_of(self, question: Question, answer: Answer) -> bool:
        """Whether all that is selected is in another table, and nobody chose another range for it.

        Another zone moves the ends of a range, and time its last one.
        """
        asked, chosen = question.time_range, self.selection
        is_moved = question.time_zone != self.question.time_zone
        if not (is_moved or asked.start == self.question.time_range.start):
            return False
        if chosen.start is not None and chosen.end is not None:
            asked = TimeRange(chosen.start, chosen.end)
        is_there = is_inside(asked, question.time_range)
        return is_there and not chosen.of(answer.history, time_zone=question.time_zone).is_empty()

    def of_another_source(self, question: Question, answer: Answer, names: Mapping[str, str]) -> "State":
        """Return what follows where nothing that is known of this source counts any more."""
        nothing = replace(self, names={}, beyond=Beyond(accounts=question.accounts))
        return nothing.with_answer(question, answer, names)

    @property
    def refusal(self) -> Exception | None:
        """Why there is no table yet, if there is none."""
        return self.answer.refusal

    @property
    def is_all_known(self) -> bool:
        """Whether nothing has to be asked for beside the range."""
        return self.beyond.is_complete and not self.lacking

    @property
    def is_compared(self) -> bool:
        """Whether all that figures and comparisons are made of is known."""
        return not self._lacking_of(self.question.compared)

    @property
    def lacking(self) -> list[TimeRange]:
        """The ranges that answers are made of and that nobody was asked for, or could not be asked."""
        return self._lacking_of(self.question.needed)

    def _lacking_of(self, needed: Iterable[TimeRange]) -> list[TimeRange]:
        shown = [self.question.time_range] if self.answer.newest_stored is None else []
        shown += [span_of(self.answer.history)] if self.answer.history.height else []
        return missing(needed, [*shown, *self.beyond.parts])

    def outlook(self, budget: Budget, *, is_loading: bool) -> Outlook:
        """Return what forecasts and events are made of, perhaps while some of it is on its way."""
        question = self.question
        lacks = [bool(self._lacking_of(needed)) for needed in ([question.season], question.judged)]
        return Outlook(
            time_range=question.time_range,
            usual=question.usual,
            season=question.season,
            time_zone=question.time_zone,
            beyond=self.beyond,
            budget=budget,
            is_season_loading=is_loading and lacks[0],
            is_usual_loading=is_loading and lacks[1],
            is_lacking=any(lacks) and not is_loading,
        )

    def headline(self, scene: Scene, *, is_loading: bool) -> Headline:
        """Return what the figures are made of, perhaps while some of it is on its way."""
        question, outlook = self.question, scene.outlook
        return Headline(
            known=Same(self.known),
            time_zone=question.time_zone,
            months=question.months,
            now=question.asked_at,
            is_loading=is_loading and bool(self._lacking_of([question.months])),
            is_stored=self.answer.newest_stored is not None,
            beyond=self.beyond,
            course=scene.course,
            is_course_lacking=outlook is not None and outlook.is_lacking,
            is_course_awaited=outlook is not None and outlook.is_season_loading,
            names=tuple(self.names.items()),
        )


def _hours(answer: Answer) -> tuple[object, object]:
    """Return the first and the last start of a window."""
    return answer.history["start_time"].min(), answer.history["start_time"].max()

"""Which other days a range is compared with: those that a reader chose, for as long as they make sense."""

from dataclasses import replace
from datetime import date

from cfusage_lab.explorer.desk import Desk
from cfusage_lab.explorer.questions import Question, beside, still_beside

__all__ = ["Against"]


class Against:
    """Knows whether the two pickers of other days hold what a reader chose.

    Parameters
    ----------
    desk
        Where the pickers are.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._is_touched = False

    def chosen(self, question: Question) -> Question:
        """Let a range be compared with what a hand has just chosen.

        Raises
        ------
        ConfigError
            If that is no range.
        """
        self._is_touched = True
        return beside(question, self._desk.before)

    def kept(self, question: Question, shown: Question) -> Question:
        """Let what follows the question on screen be compared with what was chosen, or is right before.

        Raises
        ------
        ConfigError
            If the range stays, and what was chosen is none.
        """
        if not self._desk.is_custom:
            return replace(question, before=None, is_before_chosen=False, about_before="")
        if not (self._is_touched or shown.is_before_chosen):
            return beside(question, None)
        keep = beside if question.time_range == shown.time_range else still_beside
        compared = keep(question, self._desk.before)
        self._is_touched = compared.is_before_chosen
        return compared

    def show(self, before: tuple[date, date] | None) -> None:
        """Set the pickers to the days on screen, unless a reader has set them."""
        self._desk.show_before(None if self._is_touched else before or (None, None))

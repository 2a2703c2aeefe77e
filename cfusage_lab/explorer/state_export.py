"""What is on screen, to be taken along."""

from cfusage_lab.explorer.chart_code import recipe_of
from cfusage_lab.explorer.chart_views import CHARTS
from cfusage_lab.explorer.exports import Shown
from cfusage_lab.explorer.state import State
from cfusage_lab.explorer.status import status
from cfusage_lab.source import MADE_UP, are_made_up

__all__ = ["shown_of"]


def shown_of(state: State, *, is_drawn: bool = True) -> Shown:
    """Return what is selected, the lines of Python behind it, and its charts where they are wanted."""
    chosen = state.selection
    return Shown(
        history=state.selected,
        time_zone=state.time_zone,
        names=state.names,
        selection="" if chosen.is_empty else chosen.words(time_zone=state.time_zone),
        charts=[view.draw(state.in_full()) for view in CHARTS.values()] if is_drawn else [],
        title="AI Gateway cost",
        note=status(state),
        stamp=MADE_UP if are_made_up(state.history["account_id"].unique()) else None,
        code=recipe_of(state).code(),
    )

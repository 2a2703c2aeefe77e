"""Whatever comes in an answer's place, whenever: the right table or the right error, and nothing left open.

Two moments meet every answer here, the others each sixth, so that an answer is met at three of them or more;
``python tests/faults/matrix.py`` tries all at all.
"""

import pytest
from answers import FAULTS
from matrix import ended
from moments import MOMENTS

pytestmark = pytest.mark.slow

WHOLE = {"one page", "many accounts, another"}
_PART = 6


def tried(number: int) -> list[str]:
    """Return the answers that a moment meets: others than its neighbour."""
    if MOMENTS[number].name in WHOLE:
        return list(FAULTS)
    return [told for at, told in enumerate(FAULTS) if at % _PART == number % _PART]


@pytest.mark.parametrize("number", range(len(MOMENTS)), ids=[moment.name for moment in MOMENTS])
def test_every_cell_ends_in_the_right_table_or_the_right_error(number: int) -> None:
    with ended([MOMENTS[number]], told=tried(number)) as cells:
        wrong = [f"{cell}: {one}" for cell in cells for one in cell.wrong]

    assert not wrong, "\n".join(wrong)


def test_every_answer_is_met_at_three_moments_or_more() -> None:
    met = [told for number in range(len(MOMENTS)) for told in tried(number)]

    assert min(met.count(told) for told in FAULTS) >= 3
    assert {moment.name for moment in MOMENTS} >= WHOLE

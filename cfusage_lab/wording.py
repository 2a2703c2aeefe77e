"""How things are said, in one way everywhere: money, changes, counts, hours, and text from outside."""

import re
import unicodedata
from datetime import date, datetime, timedelta, tzinfo
from html import escape
from typing import Final

from cfusage_lab.time_units import DAY, HOUR

__all__ = [
    "all_accounts",
    "chance_text",
    "clock_hour",
    "counted",
    "date_text",
    "day_text",
    "days_text",
    "dollars",
    "hour_text",
    "hour_window_text",
    "html_text",
    "markdown_text",
    "moment_text",
    "more_or_less",
    "offset_text",
    "percent",
    "round_dollars",
    "share_text",
    "short_days_text",
    "span_text",
    "state_text",
    "visible",
    "window_text",
]

_CENT: Final = 0.01
_PERCENT: Final = 0.01
_WHOLE: Final = 100
"""US dollars from which on an amount that is not known to the cent is written without cents."""
_TO: Final = "\N{EN DASH}"
_INSTANT: Final = timedelta(microseconds=1)
_JOINER: Final = "\u2060"
"""A character that takes no place, and that no line is broken at."""
_NOTICED: Final = re.compile(r"[@#]|(?<=\w)\.(?=[^\W\d])|:(?=//|\w)")
"""Where a mention, a number of an issue, a domain, a sign in words and an address go on."""
_MARKS: Final = re.compile(r"[\\`*_\[\]|~$^=]")
"""What is markup in the midst of a line."""
_MILLIONTH: Final = 1e-6
_LEAST: Final = 5e-11
"""US dollars below this are written as zero: they are what is left of a sum by rounding, not a cost."""


_HIDDEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, lone surrogates, and breaks of lines and paragraphs."""

_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of writing, and can make a text look like another one."""

_DELETE: Final = 0x7F
_PICTURES: Final = 0x2400
"""Where Unicode keeps its pictures of the control characters, ␀ to ␟."""


def dollars(amount: float) -> str:
    """Write US dollars for a heading: cents, and more digits only where an amount would read as zero.

    What is left of a sum by rounding is nothing.
    """
    size = abs(amount)
    if size < _LEAST:
        return "$0.00"
    digits = 2 if size >= _CENT else 6 if size >= _MILLIONTH else 10
    return f"{'-' if amount < 0 else ''}${size:,.{digits}f}"


def round_dollars(amount: float) -> str:
    """Write an amount that is not known to the cent: whole dollars from a hundred up."""
    return f"${amount:,.0f}" if abs(amount) >= _WHOLE else dollars(amount)


def percent(ratio: float) -> str:
    """Write a change ratio as signed percent."""
    return f"{ratio:+,.1%}"


def chance_text(chance: float) -> str:
    """Write a chance in percent; none is nothing, and none is certain, unless it is."""
    if 0 < chance < _PERCENT:
        return "less than 1 %"
    return "more than 99 %" if 1 - _PERCENT < chance < 1 else f"{chance:.0%}".replace("%", " %")


def share_text(share: float) -> str:
    """Write a part of a whole as percent."""
    return f"{share:,.1%}"


def more_or_less(change: float, ratio: float | None) -> str:
    """Write a change as an amount with a direction, and its ratio where there is one."""
    text = f"{dollars(abs(change))} {'more' if change > 0 else 'less'}"
    return text if ratio is None else f"{text} ({percent(ratio)})"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write how many there are of something."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def all_accounts(count: int) -> str:
    """Write what all accounts together are called."""
    return f"All {counted(count, 'account')}"


def state_text(state: str) -> str:
    """Write the state of a window or a day."""
    return state.replace("_", " ")


def moment_text(moment: datetime, info: tzinfo) -> str:
    """Write a moment on a zone's clock."""
    local = moment.astimezone(info)
    return f"{date_text(local)}, {local:%H:%M}"


def window_text(start: datetime, width: timedelta, info: tzinfo) -> str:
    """Write a window on a zone's clock: when it starts, and where that clock is an hour later.

    The clock is the one at the start: before clocks go back, the hour from 02:00 is 02:00 to 03:00, and so
    is the one after it, with another :func:`offset_text`.
    """
    end = f"{start.astimezone(info) + width:%H:%M}" if width <= HOUR else "a day later"
    return f"{moment_text(start, info)} to {end}"


def hour_window_text(start: datetime, info: tzinfo) -> str:
    """Write an hour on a zone's clock, with its offset from UTC where that changes within a day of it."""
    offset = offset_text(start, info)
    is_plain = all(offset_text(start + n * DAY, info) == offset for n in (-1, 1))
    return window_text(start, HOUR, info) + ("" if is_plain else f" (UTC{offset})")


def offset_text(moment: datetime, info: tzinfo) -> str:
    """Write how far a zone's clock is ahead of UTC at a moment: ``+02:00``."""
    offset = moment.astimezone(info).utcoffset() or timedelta()
    minutes, seconds = divmod(abs(offset) // timedelta(seconds=1), 60)
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}{f':{seconds:02d}' if seconds else ''}"


def span_text(start: datetime, end: datetime, info: tzinfo) -> str:
    """Write a half-open span by the dates it covers on a zone's clock, with times where it cuts a day.

    A day begins where the date does: at 01:00 where clocks skip midnight, and once where it comes twice.
    """
    first, last = start.astimezone(info), end.astimezone(info)
    before_first, before_last = ((one - _INSTANT).astimezone(info).date() for one in (start, end))
    if before_first < first.date() and before_last < last.date():
        return days_text(first.date(), before_last)
    if first.date() == last.date():
        if first.utcoffset() == last.utcoffset():
            return f"{day_text(first)} {first:%Y, %H:%M} to {last:%H:%M}"
        offsets = offset_text(start, info), offset_text(end, info)
        return f"{day_text(first)} {first:%Y, %H:%M} (UTC{offsets[0]}) to {last:%H:%M} (UTC{offsets[1]})"
    year = "" if first.year == last.year else f" {first:%Y}"
    return f"{day_text(first)}{year}, {first:%H:%M} to {day_text(last)} {last:%Y, %H:%M}"


def days_text(first: date, last: date) -> str:
    """Write the dates from first to last, both included; one year is written once."""
    if (first.year, first.month, first.day) == (last.year, last.month, last.day):
        return date_text(last)
    year = "" if first.year == last.year else f" {first:%Y}"
    return f"{day_text(first)}{year} to {date_text(last)}"


def short_days_text(first: date, last: date, *, with_year: bool = True) -> str:
    """Write the dates from first to last without weekdays: what they share is written once, at the end.

    ``with_year=False`` leaves the year out, unless there are two.
    """
    end = f"{last.day} {last:%b}{f' {last:%Y}' if with_year or first.year != last.year else ''}"
    if (first.year, first.month, first.day) == (last.year, last.month, last.day):
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{_TO}{end}"
    year = "" if first.year == last.year else f" {first:%Y}"
    return f"{first.day} {first:%b}{year} {_TO} {end}"


def day_text(day: date) -> str:
    """Write a day with its weekday: ``Mon 23 Nov``."""
    return f"{day:%a} {day.day} {day:%b}"


def date_text(day: date) -> str:
    """Write a day with its weekday and its year: ``Mon 23 Nov 2026``."""
    return f"{day_text(day)} {day:%Y}"


def clock_hour(hour: int) -> str:
    """Write an hour of the day, from its start to its end."""
    return f"{hour_text(hour)} to {hour_text(hour + 1)}"


def hour_text(hour: int) -> str:
    """Write when an hour of the day starts."""
    return f"{hour:02d}:00"


def visible(text: str) -> str:
    r"""Return a text with a visible substitute for each character that would act instead of being read.

    Whoever invites you to an account chose its name, so any string at all may come. A line break, an escape
    or a NUL becomes its picture, such as ␊; a direction mark, a lone surrogate, a separator of lines and a
    code point that is no character become their code point, such as ``<U+2028>``. Every other text comes
    back as it is.

    Examples
    --------
    >>> visible("Larkspur\nResearch")
    'Larkspur␊Research'
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def html_text(text: str) -> str:
    r"""Write plain text as HTML, whoever it comes from: none of it is markup, and all of it is seen.

    Examples
    --------
    >>> html_text("Larkspur & <b>\n")
    'Larkspur &amp; &lt;b&gt;␊'
    """
    return escape(visible(text))


def markdown_text(text: str) -> str:
    r"""Write plain text as Markdown, whoever it comes from: no markup, no link, and nobody is mentioned.

    It stands within a line or a table's cell. Where chat and code hosts look for names, addresses and numbers
    of their own, a character without width is put between.

    Examples
    --------
    >>> markdown_text("*Larkspur* | <b>")
    '\\*Larkspur\\* \\| &lt;b&gt;'
    """
    apart = _NOTICED.sub(rf"\g<0>{_JOINER}", visible(text))
    return _MARKS.sub(r"\\\g<0>", escape(apart, quote=False))


def _shown(character: str) -> str:
    code = ord(character)
    is_hidden = unicodedata.category(character) in _HIDDEN or character in _DIRECTIONS
    if not (is_hidden or _is_no_character(code)):
        return character
    if code < ord(" "):
        return chr(_PICTURES + code)
    return "␡" if code == _DELETE else f"<U+{code:04X}>"


def _is_no_character(code: int) -> bool:
    """Whether Unicode promises that nothing is ever written with it: no XML may hold some of these."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # noqa: PLR2004 - as Unicode has it

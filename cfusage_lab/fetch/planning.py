"""Which requests make one complete table: as few as the page size allows, and none taken on trust.

How many rows an answer may hold is not documented, nor which end is dropped when there are more. An
answer's own ``has_more`` can prove that it was cut, never that it is whole. So an answer counts as whole
only when every window that was asked for came back; or when it is shorter than another answer, which
shows that a page holds more; or when a request for the part outside its rows comes back empty.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cfusage_lab.errors import PayloadError
from cfusage_lab.wire.answers import Rows

__all__ = ["PageSize", "Part", "Plan"]

_FEW: Final = 8
_LACKING: Final = 16
"""An account may lack so many windows at its ends, or one for so many that it has, and does not look cut: a
night without usage, or hours that are not reported yet."""
_PROBED: Final = 8
"""A probe asks for a part of the range more: one window for so many. It shows whether a page holds more, and
costs less than the proof of each answer by itself."""


@dataclass(slots=True)
class PageSize:
    """What a client has learnt about the size of a page.

    Attributes
    ----------
    at_least
        The most rows that one answer has held.
    exactly
        The rows of an answer that was proved cut, or None.
    """

    at_least: int = 0
    exactly: int | None = None

    def saw(self, count: int) -> None:
        """Learn from an answer with ``count`` rows."""
        self.at_least = max(self.at_least, count)
        if self.exactly is not None and count > self.exactly:
            self.exactly = None

    def was_cut_at(self, count: int) -> None:
        """Learn from an answer that was proved cut at ``count`` rows."""
        if count >= self.at_least:
            self.exactly = count


@dataclass(frozen=True, slots=True)
class Part:
    """One request: the windows of an account in ``[start, end)``, in seconds.

    Attributes
    ----------
    outside
        The rows of the answer that this request is to prove whole, or None.
    is_probe
        Whether the request reaches back past what was asked for, only to see a fuller page.
    """

    account_id: str
    start: int
    end: int
    outside: int | None = None
    is_probe: bool = False


@dataclass(slots=True)
class Plan:
    """The requests of one call, decided as answers come in.

    Parameters
    ----------
    account_ids
        The accounts, each once.
    start, end, width
        The windows of each account: bounds and width in seconds.
    page
        What is known of the page size; learnt from here on.
    """

    account_ids: Sequence[str]
    start: int
    end: int
    width: int
    page: PageSize
    pieces: list[tuple[str, Rows]] = field(default_factory=list)
    _todo: deque[Part] = field(default_factory=deque)
    _held: deque[str] = field(default_factory=deque)
    _unproved: list[tuple[Part, Rows]] = field(default_factory=list)
    _under_way: int = 0
    _has_probed: bool = False
    _has_proved: bool = False

    def __post_init__(self) -> None:
        self._held.extend(self.account_ids)
        is_known = self.page.exactly or self.page.at_least >= self._windows(self.start, self.end)
        self._release(len(self._held) if is_known else min(1, len(self._held)))

    @property
    def under_way(self) -> int:
        """How many requests are taken and not yet answered."""
        return self._under_way

    @property
    def waiting(self) -> int:
        """How many more requests are already known to be needed."""
        return len(self._todo) + len(self._held)

    def take(self) -> Part | None:
        """Return the next request, or None: then wait for an answer, or, with none under way, it is done."""
        if not self._todo and not self._under_way:
            if not self._looks_cut():
                self._release(len(self._held))
            if not self._todo:
                self._prove()
            if not self._todo:
                self._release(len(self._held))
        if not self._todo:
            return None
        self._under_way += 1
        return self._todo.popleft()

    def receive(self, part: Part, rows: Rows) -> None:
        """Take in the answer to a request.

        Raises
        ------
        PayloadError
            If the answer says that it was cut, and there is nothing outside its rows to ask for.
        """
        self._under_way -= 1
        self.page.saw(rows.count)
        if rows.claims_more:
            self.page.was_cut_at(rows.count)
        if part.is_probe:
            return
        self.pieces.append((part.account_id, rows))
        if part.outside is not None and rows.count and not self._is_newest_only(part, rows):
            self.page.was_cut_at(part.outside)
        if rows.claims_more:
            if not self._outside(part, rows):
                raise PayloadError(
                    f"account {part.account_id}: the answer says that it was cut, and no request can bring "
                    f"the rest: {rows.count} rows for {self._windows(part.start, part.end)} windows"
                )
            self._ask_outside(part, rows)
        elif not rows.count or not self._outside(part, rows):
            return
        elif self.page.exactly is not None and rows.count >= self.page.exactly:
            self._ask_outside(part, rows)
        else:
            self._unproved.append((part, rows))

    def _release(self, accounts: int) -> None:
        """Plan the first requests of accounts that were held back until something is known."""
        for _ in range(accounts):
            self._todo.extend(self._parts(self._held.popleft(), self.start, self.end))

    def _looks_cut(self) -> bool:
        """Whether the one answer so far may well be cut: then that is found out before others are asked.

        An account that was busy all along and lacks its oldest windows is suspicious; one that lacks its
        newest is not, for they may not be reported yet.
        """
        if not self._held or not self._unproved:
            return False
        part, rows = self._unproved[0]
        outside = sum(self._windows(start, end) for start, end in self._outside(part, rows))
        is_dense = len(rows.starts) == self._windows(rows.first, rows.last) + 1
        return (is_dense and rows.first > part.start) or outside > max(_FEW, rows.count // _LACKING)

    def _prove(self) -> None:
        """Settle the answers that are shorter than another, and plan the proof of the rest."""
        tied = [(part, rows) for part, rows in self._unproved if rows.count >= self.page.at_least]
        self._unproved = []
        if self.page.exactly is None and len(tied) > 1 and not self._has_probed:
            self._has_probed = True
            self._unproved = tied
            part = tied[0][0]
            more = max(_FEW, self._windows(part.start, part.end) // _PROBED) * self.width
            self._todo.append(Part(part.account_id, part.start - more, part.end, is_probe=True))
            return
        now = len(tied) if self.page.exactly is not None or self._has_proved else 1
        self._has_proved = True
        self._unproved = tied[now:]
        for part, rows in tied[:now]:
            self._ask_outside(part, rows)

    def _ask_outside(self, part: Part, rows: Rows) -> None:
        """Plan the requests for what lies outside the rows received."""
        for start, end in self._outside(part, rows):
            self._todo.extend(self._parts(part.account_id, start, end, outside=rows.count))

    def _outside(self, part: Part, rows: Rows) -> list[tuple[int, int]]:
        """Return the spans older than the oldest row and newer than the newest, where there are any."""
        sides = ((part.start, rows.first), (rows.last + self.width, part.end)) if rows.count else ()
        return [(start, end) for start, end in sides if start < end]

    def _parts(self, account_id: str, start: int, end: int, *, outside: int | None = None) -> list[Part]:
        """Cut a span into requests whose answers fit a page, newest first."""
        step = (self.page.exactly or self._windows(start, end)) * self.width
        return [Part(account_id, max(start, last - step), last, outside) for last in range(end, start, -step)]

    def _is_newest_only(self, part: Part, rows: Rows) -> bool:
        """Whether all that was found may have come about since the answer that is to be proved."""
        return part.end == self.end and rows.first == self.end - self.width

    def _windows(self, start: int, end: int) -> int:
        return (end - start) // self.width

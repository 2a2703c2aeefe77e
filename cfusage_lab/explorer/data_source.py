"""Where an explorer's data come from, and which periods of it have a name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cfusage_lab import ranges
from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.archive_loader import ArchiveLoader
from cfusage_lab.explorer.loader import Loader, SourceLoader
from cfusage_lab.explorer.period import PRESETS, USUAL_PRESET, Preset
from cfusage_lab.explorer.table_source import TableSource
from cfusage_lab.source import Source, as_source, hands_out_history, is_archive

__all__ = ["DataSource"]

_WHOLE_TABLE: Final = "Whole table"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """Where data come from, and which periods of it have a name.

    Attributes
    ----------
    loader
        Asks for them.
    whose
        ``sandbox``, ``account``, ``table`` or ``other``, as a :class:`Recipe` takes it.
    presets
        Name to range.
    usual
        The period to begin with if nobody says.
    fixed_now
        The moment to take for the present; None leaves it to the clock.
    later
        The same for a source that takes the place of this one: the end of a table is not its present.
    """

    loader: Loader
    whose: str
    presets: Mapping[str, Preset]
    usual: str
    fixed_now: datetime | None
    later: datetime | None

    @classmethod
    def of(cls, source: object, *, client: Source | None, now: datetime | str | None) -> "DataSource":
        """Take a source as it is handed over; a history table is one, too.

        Raises
        ------
        ConfigError
            If a client comes with a source that is no archive, or is none.
        """
        moment = None if now is None else ranges.moment(now)
        if hands_out_history(source):
            return cls(
                loader=_loader_of(source, client),
                whose=as_source(source).source,
                presets=PRESETS,
                usual=USUAL_PRESET,
                fixed_now=moment,
                later=moment,
            )
        table = TableSource(source)
        return cls(
            loader=_loader_of(table, client),
            whose="table",
            presets={_WHOLE_TABLE: lambda _zone, _now: table.whole, **PRESETS},
            usual=_WHOLE_TABLE,
            fixed_now=moment or table.whole.end,
            later=moment,
        )

    @property
    def now(self) -> datetime:
        """The present."""
        return self.fixed_now or datetime.now(UTC)

    def preset(self, name: object) -> str:
        """Return the name of a period.

        Raises
        ------
        ConfigError
            If there is no such period; the message lists those there are.
        """
        if name is not None and (not isinstance(name, str) or name not in self.presets):
            raise ConfigError(f"there is no time range {said(name)}: take one of {', '.join(self.presets)}")
        return name or self.usual


def _loader_of(source: Source, client: Source | None) -> Loader:
    """Return what asks a source, or an archive with its client."""
    if client is None:
        return SourceLoader(source)
    client = as_source(client, "client")
    if not is_archive(source):
        raise ConfigError(f"client= goes with an archive, and {source.label} is none: leave the client out")
    return ArchiveLoader(source, client)

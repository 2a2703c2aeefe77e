"""An account that can't be had yet: what is on screen then, and how the reader gets further."""

from collections.abc import Callable
from pathlib import Path

import ipywidgets
import pytest
from ledger import NOW, PATIENCE, A, B, Ledger, account_labels, card, details, title

from cfusage_lab.errors import AuthError, CfUsageError, TransportError
from cfusage_lab.explorer import UsageExplorer

REFUSED = "Cloudflare answered 403; check the token <and> the account id"
TOKEN = "not-a-real-token-but-a-secret-one"


def in_trouble(error: CfUsageError | None = None) -> Ledger:
    ledger = Ledger(own=(A, B))
    ledger.trouble = error or AuthError(REFUSED, status_code=403)
    return ledger


def opened(ledger: Ledger, login: Callable[[str], Ledger] | None = None) -> UsageExplorer:
    return UsageExplorer(ledger, login=login or (lambda _token: Ledger()), time_range="Today", now=NOW)


def shown(explorer: UsageExplorer) -> list[ipywidgets.Widget]:
    """Tell all widgets that a browser would be given."""
    found, todo = [], [explorer.widget]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += getattr(one, "children", ())
    return found


def is_token_asked_for(explorer: UsageExplorer) -> bool:
    toggles = [one for one in shown(explorer) if isinstance(one, ipywidgets.ToggleButton)]
    return bool(next(one for one in toggles if one.description == "Token").value)


def has_views(explorer: UsageExplorer) -> bool:
    """Whether all charts, the figures and the days can be seen; a part of them would be a fault."""
    views = [*explorer.charts.values(), explorer.widget.figures, explorer.widget.days]
    seen = [one in shown(explorer) for one in views]
    assert len(set(seen)) == 1
    return seen[0]


def test_a_refusal_stands_in_the_banner_with_the_token_field_open_and_no_charts() -> None:
    explorer = opened(in_trouble())

    banner = explorer.widget.banner.value
    assert "check the token &lt;and&gt; the account id" in banner
    assert "nothing to show yet. Refresh asks again; under Token" in banner
    assert "last good view" not in banner
    assert is_token_asked_for(explorer)
    assert not has_views(explorer)
    assert explorer.status == "Ledger <of> tests · nothing fetched yet"
    assert "hours" not in details(explorer)


def test_without_a_network_it_is_no_matter_of_the_token() -> None:
    """Refresh is what helps; the field stays folded."""
    explorer = opened(in_trouble(TransportError("no answer; check the network", retryable=True)))

    assert "no answer; check the network" in explorer.banner
    assert not is_token_asked_for(explorer)
    assert not has_views(explorer)


def test_a_right_token_opens_the_account() -> None:
    explorer = opened(in_trouble(), lambda _token: Ledger(own=(B,)))
    assert explorer.token is not None

    explorer.token.value = TOKEN
    assert explorer.wait(PATIENCE)

    assert has_views(explorer)
    assert explorer.banner == ""
    assert title(explorer) == "AI Gateway cost: $2.50"
    assert explorer.accounts.value == (B,)
    assert explorer.history["aggregated_value"].sum() == 2.5

    explorer.time_range.value = "Last 7 days"
    assert explorer.wait(PATIENCE)
    assert title(explorer) == "AI Gateway cost: $42.00"


def test_refresh_shows_the_account_once_it_can_be_had() -> None:
    """Both accounts that the source itself takes, as if it had opened with them."""
    ledger = in_trouble()
    explorer = opened(ledger)
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert REFUSED.partition("<")[0] in explorer.banner
    assert not has_views(explorer)

    ledger.trouble = None
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)

    assert has_views(explorer)
    assert explorer.banner == ""
    assert title(explorer) == "AI Gateway cost: $12.50"
    assert explorer.accounts.value == (A, B)
    month = card(explorer, "November 2026 so far").figure
    assert month.value == "$432.50", "and what figures need beside the range"
    assert len(explorer.widget.children) == len(set(explorer.widget.children)), "revealed once"


def test_a_wrong_token_after_another_is_told_and_still_nothing_is_shown() -> None:
    def login(_token: str) -> Ledger:
        return in_trouble(AuthError("the second one is refused"))

    explorer = opened(in_trouble(), login)
    assert explorer.token is not None
    explorer.token.value = TOKEN
    assert explorer.wait(PATIENCE)

    assert "the second one is refused" in explorer.banner
    assert not has_views(explorer)
    with pytest.raises(AuthError, match="the second one is refused"):
        _ = explorer.history


def test_another_account_can_be_chosen_where_the_accounts_can_be_listed() -> None:
    """As where the configured id is wrong: none is chosen unasked."""
    ledger = in_trouble()
    explorer = opened(ledger)
    assert account_labels(explorer) == ["Alpha", "Beta", "cccc…cccc"]
    assert not explorer.accounts.value

    ledger.trouble = None
    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)

    assert has_views(explorer)
    assert title(explorer) == "AI Gateway cost: $2.50"
    assert explorer.accounts.value == (B,)


def test_other_controls_ask_nobody_for_what_was_refused() -> None:
    ledger = in_trouble()
    explorer = opened(ledger)
    asked = len(ledger.asked)

    explorer.comparison.value = "custom"
    explorer.granularity.value = "day"
    assert explorer.wait(PATIENCE)

    assert len(ledger.asked) == asked
    assert "nothing to show yet" in explorer.widget.banner.value


def test_a_fetch_that_is_given_up_leaves_the_refusal() -> None:
    ledger = in_trouble()
    explorer = opened(ledger)
    held = ledger.hold()
    explorer.refresh.click()
    assert held.has_begun()
    assert explorer.banner == ""

    explorer.cancel.click()
    held.released.set()
    assert explorer.wait(PATIENCE)

    assert "check the token" in explorer.banner
    assert not has_views(explorer)


@pytest.mark.parametrize(
    "read",
    [
        lambda explorer, _folder: explorer.history,
        lambda explorer, _folder: explorer.fetched,
        lambda explorer, _folder: explorer.daily,
        lambda explorer, _folder: explorer.chart(),
        lambda explorer, _folder: explorer.code(),
        lambda explorer, folder: explorer.export(folder / "cost.csv"),
    ],
)
def test_no_empty_table_passes_for_an_account_without_cost(
    read: Callable[[UsageExplorer, Path], object], tmp_path: Path
) -> None:
    explorer = opened(in_trouble())

    with pytest.raises(AuthError, match="check the token"):
        read(explorer, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_no_file_is_made_of_nothing() -> None:
    explorer = opened(in_trouble())

    explorer.widget.exports.by_form["csv"].click()
    assert explorer.wait(PATIENCE)

    assert explorer.widget.exports.result.value == ""
    assert "check the token" in explorer.banner


def test_a_reader_without_a_kernel_reads_the_refusal_and_sees_no_picture() -> None:
    bundle = opened(in_trouble())._repr_mimebundle_()

    assert bundle["text/plain"] == f"<UsageExplorer: Ledger <of> tests · nothing fetched yet: {REFUSED}>"
    assert "image/png" not in bundle

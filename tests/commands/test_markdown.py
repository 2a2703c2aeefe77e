"""The digest: a table and a list in Markdown, in which a name is a name."""

from datetime import UTC, datetime

import mistune
import polars as pl
import pytest
from bs4 import BeautifulSoup, Tag
from histories import hours
from hostile import TEXTS
from running import Run, credentials
from summary_rows import ROW, summary_of

from cfusage_lab.account_names import labels
from cfusage_lab.commands.summary_formats import as_markdown
from cfusage_lab.headline import HEADLINE, Usage, headline_table, month_end, stood_out
from cfusage_lab.invoices import invoice_lines_of
from cfusage_lab.sandbox import Sandbox, serve
from cfusage_lab.schema import INVOICE_LINES
from cfusage_lab.wording import markdown_text, visible

JOINER = "\u2060"
ACTIVE = (
    *("*bold* _slanted_ **b** __c__", "`code`", "~~gone~~", "$x^2$", "==marked==", "^up^"),
    *("[a link](https://evil.example)", "![](x.png)", "<https://evil.example>", "https://evil.example/x?y=1"),
    *("www.evil.example", "mail@evil.example", "@everyone <!channel> <@U123>", "#1 GH-2", ":smile:"),
    *(
        "a | b | c",
        "a \\| b",
        "[^1]",
        "- one",
        "1. one",
        "# heading",
        "> quote",
        "<b>",
        "&lt;b&gt;",
        "&#64;here",
    ),
)
PLUGINS = [
    "table",
    "strikethrough",
    "url",
    "footnotes",
    "task_lists",
    "math",
    "mark",
    "superscript",
    "insert",
]
ALLOWED = {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


def read(markdown: str) -> BeautifulSoup:
    """Render it with everything that Markdown may do, HTML among it."""
    render = mistune.create_markdown(escape=False, plugins=PLUGINS)  # type: ignore[arg-type]
    return BeautifulSoup(str(render(markdown)), "html.parser")


def cells(row: Tag) -> list[str]:
    return [cell.text.replace(JOINER, "").strip() for cell in row.find_all(["td", "th"])]


def rows_of(page: BeautifulSoup) -> list[list[str]]:
    return [cells(row) for row in page.select("tbody tr")]


@pytest.mark.parametrize("name", [*ACTIVE, *TEXTS])
def test_a_name_is_text_and_nothing_else(name: str) -> None:
    account = "ab" * 16
    found = summary_of(
        pl.DataFrame([ROW], schema=HEADLINE),
        names=labels([account], names={account: name}),
        label=name or "x",
    )
    page = read(as_markdown(found))

    assert {tag.name for tag in page.find_all()} <= ALLOWED
    ((shown, *figures),) = rows_of(page)
    assert shown == found.names[account].strip()
    assert figures == ["$0.01", "new", "$1,250.00", "+25.0%", "unknown"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("@here", "@h"),
        ("evil.example", ".e"),
        ("https://x", ":/"),
        ("#12", "#1"),
        (":smile:", ":s"),
        ("mail@x.example", "@x"),
    ],
)
def test_what_hosts_look_for_is_not_there(text: str, part: str) -> None:
    """They look at the text as it is rendered, where a backslash is gone."""
    assert part not in markdown_text(text)
    assert markdown_text(text).replace(JOINER, "") == visible(text)


def test_a_plain_name_stays_as_it_is() -> None:
    for name in ("Larkspur Support", "株式会社 Müller", "gpt-5.5", "openai/gpt-5.5 (mini)", "R+D"):
        assert markdown_text(name) == name


def test_the_table_and_the_list_are_the_summarys() -> None:
    """1 and 2 dollars an hour since October, 480 hours of November gone: 720, 1,440 and 2,160 in the end."""
    history = pl.concat(
        hours("2026-10-01", [n] * 24 * 51, account_id=one) for one, n in {"a": 1, "b": 2}.items()
    )
    usage = Usage.of(history, time_zone="UTC")
    lines = pl.DataFrame(
        [
            {
                "account_id": one,
                "description": "x",
                "provider": "maker",
                "model": f"m|{one}",
                "period_start": datetime(2026, 11, 1, tzinfo=UTC),
                "period_end": datetime(2026, 12, 1, tzinfo=UTC),
                "billed_usd": cost,
                "credits_usd": 0.0,
                "discounts_usd": 0.0,
                "status": "draft",
            }
            for one, cost in {"a": 480.0, "b": 960.0}.items()
        ],
        schema_overrides={name: kind for name, kind in INVOICE_LINES.items() if name != "currency"},
    )
    found = summary_of(
        headline_table(history, time_zone="UTC"),
        total=headline_table(usage.total, time_zone="UTC").row(0, named=True),
        names={"a": "Ann", "b": "Bob"},
        shown=("b", "a"),
        end=month_end(usage, budget=3_000, balance=None),
        found=stood_out(usage),
        invoice=invoice_lines_of(lines),
    )
    page = read(as_markdown(found))

    assert page.h2.text == "AI Gateway cost, Thu 1 Oct 2026, 00:00 to Sun 1 Nov 2026, 15:00"
    assert rows_of(page) == [
        ["All 2 accounts", "$72.00", "+0.0%", "$1,440.00", "+0.0%", "$2,160 (80 %)"],
        ["Bob", "$48.00", "+0.0%", "$960.00", "+0.0%", "$1,440 (80 %)"],
        ["Ann", "$24.00", "+0.0%", "$480.00", "+0.0%", "$720 (80 %)"],
    ]
    told = [one.text.strip() for one in page.select("li")]
    assert told[0].startswith("Budget: A budget of $3,000 holds, as it looks")
    assert told[1] == "What stood out: Nothing stood out."
    assert told[2] == (
        "Billed in this invoice period, the costliest models: maker/m|b $960.00, maker/m|a $480.00"
    )


def test_of_many_accounts_ten_are_told_and_the_others_added_up() -> None:
    rows = pl.DataFrame(
        [{**ROW, "account_id": f"{n:032x}", "month_usd": float(n)} for n in range(1, 13)], schema=HEADLINE
    )
    found = summary_of(rows, total=ROW, shown=tuple(rows["account_id"].tail(10)))
    table = rows_of(read(as_markdown(found)))

    assert len(table) == 12
    assert table[-1] == ["2 other accounts", "", "", "$3.00", "", ""]


def test_what_is_unknown_is_never_a_zero() -> None:
    missing = {name: None for name in ROW if name not in {"account_id", "date", "until"}}
    text = as_markdown(summary_of(pl.DataFrame([{**ROW, **missing}], schema=HEADLINE)))

    assert rows_of(read(text))[0][1:] == ["unknown"] * 5
    assert "$0.00" not in text


def test_all_accounts_that_the_token_sees_are_told(run: Run) -> None:
    """Four of the sandbox's; what they cost is what it holds."""
    with serve(Sandbox()) as base_url:
        ended = run("summary", "--accounts", "all", "--format", "markdown", **credentials(base_url))
        one = run("--format", "markdown", "--accounts", "12", **credentials(base_url))

    assert ended.code == 0, ended.err
    page = read(ended.out)
    assert page.select_one("p").text.startswith(
        "Source: Sandbox: made-up data (Cloudflare account, through 127.0.0.1)"
    )
    assert sorted(row[0] for row in rows_of(page)) == [
        *("All 4 accounts", "Larkspur Batch", "Larkspur Pilot", "Larkspur Research", "Larkspur Support"),
    ]
    assert (one.code, one.out) == (2, "")
    assert "'12' is not an account id" in one.err

"""A file's name says what it holds, and is one on any system, whatever an account is called."""

from datetime import date

import pytest
from hostile import TEXTS, is_file_name

from cfusage_lab.files import file_name

WEEK = date(2026, 11, 10), date(2026, 11, 16)


@pytest.mark.parametrize(
    ("account", "dates", "what", "expected"),
    [
        ("Acme Production", WEEK, "", "ai-gateway-cost_acme-production_2026-11-10_2026-11-16.csv"),
        ("3 accounts", WEEK, "days", "ai-gateway-cost-days_3-accounts_2026-11-10_2026-11-16.csv"),
        ("all accounts", (WEEK[0], WEEK[0]), "", "ai-gateway-cost_all-accounts_2026-11-10.csv"),
        (
            "株式会社 Müller & Söhne",
            WEEK,
            "",
            "ai-gateway-cost_株式会社-müller-söhne_2026-11-10_2026-11-16.csv",
        ),
        ('..\\..\\CON: a/b?*"<>|', WEEK, "", "ai-gateway-cost_con-a-b_2026-11-10_2026-11-16.csv"),
        ("\u202egpj.exe\x00", WEEK, "", "ai-gateway-cost_gpj-exe_2026-11-10_2026-11-16.csv"),
        ("👩‍💻", None, "", "ai-gateway-cost_account_no-days.csv"),
        ("long " * 100, WEEK, "", f"ai-gateway-cost_{'long-' * 7}long_2026-11-10_2026-11-16.csv"),
    ],
)
def test_names_of_files(account: str, dates: tuple[date, date] | None, what: str, expected: str) -> None:
    found = file_name(account, dates, what=what, suffix="csv")

    assert found == expected
    assert is_file_name(found)
    assert is_file_name(file_name("\U00020000" * 200, dates, what=what, suffix="csv"))


@pytest.mark.parametrize("name", TEXTS)
def test_no_name_of_an_account_is_more_than_a_name(name: str) -> None:
    assert is_file_name(file_name(name, WEEK, suffix="csv"))

"""Where the token comes from, and that it is shown nowhere."""

import pickle

import pytest

from cfusage_lab import credentials as module
from cfusage_lab.account_ids import account_ids
from cfusage_lab.credentials import Credentials, Secret, find_credentials, login
from cfusage_lab.errors import ConfigError

TOKEN = "v1.0-token-that-nobody-may-see-0123456789"
ACCOUNT = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32


def test_a_token_becomes_a_bearer_header() -> None:
    assert Credentials(token=TOKEN).headers() == {"Authorization": f"Bearer {TOKEN}"}


def test_a_pair_becomes_two_headers() -> None:
    pair = Credentials(email="a@example.com", key="k" * 37)

    assert pair.headers() == {"X-Auth-Email": "a@example.com", "X-Auth-Key": "k" * 37}


def test_a_token_wins_over_the_pair_and_over_half_a_pair() -> None:
    """The official SDK sends the address and not the token here, and is refused."""
    both = Credentials(token=TOKEN, email="a@example.com", key="k" * 37)
    beside_address = find_credentials({"CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_EMAIL": "a@example.com"})

    assert both.headers() == {"Authorization": f"Bearer {TOKEN}"}
    assert beside_address is not None
    assert beside_address.headers() == {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"CLOUDFLARE_EMAIL": "a@example.com"}, "CLOUDFLARE_API_KEY"),
        ({"CLOUDFLARE_API_KEY": "k" * 37}, "CLOUDFLARE_EMAIL"),
    ],
)
def test_half_a_pair_is_refused_and_the_other_half_is_named(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigError, match=missing):
        find_credentials(environ)


def test_an_empty_environment_holds_no_credentials() -> None:
    assert find_credentials({"CLOUDFLARE_API_TOKEN": " ", "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}) is None


def test_account_ids_come_with_the_token_one_or_several() -> None:
    found = find_credentials(
        {"CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": f"{ACCOUNT.upper()}, {OTHER},{ACCOUNT}"}
    )

    assert found is not None
    assert found.accounts == (ACCOUNT, OTHER)


@pytest.mark.parametrize("wrong", ["abc", "g" * 32, ACCOUNT + "0", "../../user/tokens/0123456789abcd"])
def test_an_account_id_that_is_not_32_hex_digits_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match="32 hexadecimal digits"):
        account_ids(wrong)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (f'"{TOKEN}"', "quotes"),
        (f"Bearer {TOKEN}", "Bearer"),
        (f"{TOKEN}\nX-Evil: 1", "white space"),
        ("tökén", "outside ASCII"),
    ],
)
def test_a_token_of_the_wrong_form_is_refused_before_it_is_sent_and_is_not_repeated(
    wrong: str, why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        Credentials(token=wrong)

    assert TOKEN not in str(caught.value)


def test_no_credentials_at_all_say_where_to_get_a_token() -> None:
    with pytest.raises(ConfigError, match="AI Gateway Read"):
        Credentials()


def test_login_keeps_a_token_for_later_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """It wins over the environment, and takes the account from there if it is told none."""
    monkeypatch.setattr(module, "getpass", lambda _prompt: TOKEN)
    environ = {"CLOUDFLARE_API_TOKEN": "another-token", "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}

    login()
    found = find_credentials(environ)
    login(account_id=OTHER)
    named = find_credentials(environ)

    assert found == Credentials(token=TOKEN, accounts=[ACCOUNT])
    assert named == Credentials(token=TOKEN, accounts=[OTHER])


def test_login_with_nothing_typed_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "getpass", lambda _prompt: "")

    with pytest.raises(ConfigError, match="no token"):
        login()
    assert find_credentials({}) is None


def test_a_secret_shows_itself_nowhere_and_is_not_written_to_disk() -> None:
    shown = [repr(Secret(TOKEN)), str(Secret(TOKEN)), f"{Secret(TOKEN)}", repr(Credentials(token=TOKEN))]

    assert not any(TOKEN in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(Credentials(token=TOKEN))


def test_a_body_that_repeats_the_token_is_redacted() -> None:
    assert Credentials(token=TOKEN).redactor()(f"you sent {TOKEN}") == "you sent (hidden)"

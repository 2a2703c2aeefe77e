"""Where the token comes from. It is kept in memory only, and shown nowhere."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from getpass import getpass
from typing import Final

from cfusage_lab.errors import ConfigError

__all__ = ["Credentials", "Secret", "account_ids", "find_credentials", "login", "named_account_ids"]

_ACCOUNT_ID: Final = re.compile(r"[0-9a-f]{32}")
_PERMISSION: Final = (
    "create one at dash.cloudflare.com under API Tokens, with the permission 'AI Gateway Read'"
)


class Secret:
    """A text that shows itself to nobody but :meth:`reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself: for the header of a request, and for nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('…')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written to disk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves to Cloudflare who asks, and the accounts asked about by default.

    Either a token, or an email address and its global API key. A token wins over the pair.

    Raises
    ------
    ConfigError
        If there is neither, half a pair, a token of the wrong form, or an account id that is not
        32 hexadecimal digits.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> credentials = cfu.Credentials(token="a" * 40, accounts="5a4db0c5000000000000000000000001")
    >>> credentials
    Credentials(token=Secret('…'), email=None, key=None, accounts=('5a4db0c5000000000000000000000001',))
    >>> client = cfu.UsageClient(credentials)
    >>> client.default_accounts
    ('5a4db0c5000000000000000000000001',)
    """

    token: Secret | str | None = None
    email: str | None = None
    key: Secret | str | None = None
    accounts: Sequence[str] = ()

    def __post_init__(self) -> None:
        token = _checked(self.token, what="API token")
        key = _checked(self.key, what="API key")
        email = self.email or None
        if token is not None:
            email = key = None
        elif (email is None) != (key is None):
            missing = "an API key (CLOUDFLARE_API_KEY)" if key is None else "an address (CLOUDFLARE_EMAIL)"
            raise ConfigError(
                f"half a pair of email address and API key: {missing} is missing; or use a token"
            )
        elif email is None:
            raise ConfigError(f"no token: pass one, or set CLOUDFLARE_API_TOKEN; {_PERMISSION}")
        elif "\n" in email or "\r" in email:
            raise ConfigError("the email address holds a line break")
        object.__setattr__(self, "token", token)
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "email", email)
        object.__setattr__(self, "accounts", account_ids(self.accounts))

    def headers(self) -> dict[str, str]:
        """Return the headers that prove it, in the clear."""
        if isinstance(self.token, Secret):
            return {"Authorization": f"Bearer {self.token.reveal()}"}
        assert isinstance(self.key, Secret)  # noqa: S101 - the constructor saw to it
        return {"X-Auth-Email": str(self.email), "X-Auth-Key": self.key.reveal()}

    def redacted(self, body: bytes) -> bytes:
        """Return a body without the token or key, should something on the way have repeated it."""
        for secret in (self.token, self.key):
            if isinstance(secret, Secret):
                body = body.replace(secret.reveal().encode(), b"(hidden)")
        return body


def find_credentials(environ: Mapping[str, str] | None = None) -> Credentials | None:
    """Return what :func:`login` was told, else what the environment holds, else None.

    Read: ``CLOUDFLARE_API_TOKEN``; or ``CLOUDFLARE_EMAIL`` and ``CLOUDFLARE_API_KEY``; and
    ``CLOUDFLARE_ACCOUNT_ID``, one id or several with commas between. An empty value counts as unset.

    Raises
    ------
    ConfigError
        If half a pair of address and key stands there, or a value has the wrong form.
    """
    environ = os.environ if environ is None else environ
    accounts = environ.get("CLOUDFLARE_ACCOUNT_ID", "").strip()
    if _told:
        said = _told[-1]
        return Credentials(token=said.token, accounts=said.accounts or accounts)
    token = environ.get("CLOUDFLARE_API_TOKEN", "").strip() or None
    email = environ.get("CLOUDFLARE_EMAIL", "").strip() or None
    key = environ.get("CLOUDFLARE_API_KEY", "").strip() or None
    if token is None and email is None and key is None:
        return None
    return Credentials(token=token, email=email, key=key, accounts=accounts)


_told: list[Credentials] = []


def login(*, account_id: str = "") -> None:
    """Ask for a token without showing it, and keep it in this kernel's memory only.

    For a running kernel and for Binder, where the environment can't be set and a cell would save it.
    Nothing is written to disk; the token is gone when the kernel stops. Clients made afterwards use
    it, before anything the environment holds.

    Parameters
    ----------
    account_id
        The account to ask about by default: one id or several with commas between. Left out, it is
        ``CLOUDFLARE_ACCOUNT_ID``, else the one account that the token can see.

    Raises
    ------
    ConfigError
        If nothing is typed, or the token or the account id has the wrong form.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> cfu.login()  # doctest: +SKIP
    >>> client = cfu.connect()
    """
    typed = getpass("Cloudflare API token (not shown, not saved): ").strip()
    _told[:] = [Credentials(token=typed, accounts=account_id)]


def account_ids(accounts: Sequence[str]) -> tuple[str, ...]:
    """Return account ids, each once, in the order given, from a sequence or a text with commas.

    Raises
    ------
    ConfigError
        If one of them is not 32 hexadecimal digits.
    """
    given = accounts.split(",") if isinstance(accounts, str) else accounts
    ids = [str(text).strip().lower() for text in given if str(text).strip()]
    for text in ids:
        if not _ACCOUNT_ID.fullmatch(text):
            raise ConfigError(
                f"{text[:40]!r} is not an account id: 32 hexadecimal digits, as in the address of the "
                "account's page at dash.cloudflare.com"
            )
    return tuple(dict.fromkeys(ids))


def named_account_ids(accounts: Sequence[str]) -> list[str]:
    """Return the account ids that a call names, in order.

    Raises
    ------
    ConfigError
        If it names none, or as :func:`account_ids`.
    """
    ids = account_ids(accounts)
    if not ids:
        raise ConfigError("accounts is empty: pass at least one account id, or leave it out")
    return sorted(ids)


def _checked(text: Secret | str | None, *, what: str) -> Secret | None:
    """Refuse a secret that Cloudflare would refuse for its form; never repeat it."""
    plain = text.reveal() if isinstance(text, Secret) else text
    if not plain:
        return None
    if plain.lower().startswith("bearer"):
        raise ConfigError(f"the {what} starts with 'Bearer': leave that word out")
    if not re.fullmatch(r"[\x21-\x7e]+", plain) or plain[0] in "\"'":
        raise ConfigError(
            f"the {what} holds quotes, white space or a character outside ASCII: paste it again"
        )
    return Secret(plain)

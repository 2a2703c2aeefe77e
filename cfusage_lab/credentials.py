"""Where the token comes from. It is kept in memory only, and shown nowhere."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from getpass import getpass
from hashlib import blake2b
from typing import Final

from cfusage_lab.account_ids import parse_account_ids
from cfusage_lab.argument_checks import wrong_kind
from cfusage_lab.errors import ConfigError
from cfusage_lab.redaction import Redactor

__all__ = ["Credentials", "Secret", "find_credentials", "login", "setting"]

_PROCESS: Final = os.urandom(16)
"""A key of this process alone: a fingerprint means nothing to another one."""
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


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
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

    token: Secret | None
    email: str | None
    key: Secret | None
    accounts: tuple[str, ...]

    def __init__(
        self,
        *,
        token: Secret | str | None = None,
        email: str | None = None,
        key: Secret | str | None = None,
        accounts: Sequence[str] = (),
    ) -> None:
        # nothing below holds a secret in the clear: a traceback may print every variable of a frame
        kinds = {
            "API token": (token, Secret | str),
            "API key": (key, Secret | str),
            "email address": (email, str),
        }
        wrong = next(filter(None, (wrong_kind(one, kind, what) for what, (one, kind) in kinds.items())), "")
        del kinds
        token, key, email = (None, None, None) if wrong else (_secret(token), _secret(key), email or None)
        ids, wrong_id = parse_account_ids(accounts)
        del accounts
        complaint = _complaint(token, "API token") or _complaint(key, "API key")
        if token is not None:
            email = key = None
        elif (email is None) != (key is None):
            missing = "an API key (CLOUDFLARE_API_KEY)" if key is None else "an address (CLOUDFLARE_EMAIL)"
            complaint = (
                complaint or f"half a pair of email address and API key: {missing} is missing; or use a token"
            )
        elif email is None:
            complaint = f"no token: pass one, or set CLOUDFLARE_API_TOKEN; {_PERMISSION}"
        elif not re.fullmatch(r"[\x20-\x7e]+", email):
            complaint = complaint or "the email address holds a line break or a character outside ASCII"
        object.__setattr__(self, "token", token)
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "email", email)
        object.__setattr__(self, "accounts", ids)
        if wrong or complaint or wrong_id:
            raise ConfigError(wrong or complaint or wrong_id)

    def headers(self) -> dict[str, str]:
        """Return the headers that prove it, in the clear."""
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token.reveal()}"}
        assert self.key is not None  # noqa: S101 - the constructor saw to it
        return {"X-Auth-Email": str(self.email), "X-Auth-Key": self.key.reveal()}

    def fingerprint(self) -> bytes:
        """Return what tells these from others while this process runs, and not what they are."""
        proof = "\n".join(self.headers().values()).encode()
        return blake2b(proof, key=_PROCESS, digest_size=16).digest()

    def redactor(self, *others: str) -> Redactor:
        """Return what takes the token, or the pair, and other secrets out of a text."""
        secrets = [secret.reveal() for secret in (self.token, self.key) if secret is not None]
        return Redactor([*secrets, *others], whole=filter(None, [self.email]))


def find_credentials(environ: Mapping[str, str] | None = None) -> Credentials | None:
    """Return what :func:`login` was told, else what the environment holds, else None.

    Read: ``CLOUDFLARE_API_TOKEN``; or ``CLOUDFLARE_EMAIL`` and ``CLOUDFLARE_API_KEY``; and
    ``CLOUDFLARE_ACCOUNT_ID``, one id or several with commas between. An empty value counts as unset.

    Raises
    ------
    ConfigError
        If only one of address and key is there, or a value has the wrong form.
    """
    settings = _settings(environ)
    del environ  # its values stand in no frame that can raise
    accounts = settings.pop("CLOUDFLARE_ACCOUNT_ID")
    if _told:
        said = _told[-1]
        return Credentials(token=said.token, accounts=said.accounts or _revealed(accounts))
    token, email, key = settings.values()
    if token is None and email is None and key is None:
        return None
    return Credentials(token=token, email=_revealed(email) or None, key=key, accounts=_revealed(accounts))


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
    typed = Secret(getpass("Cloudflare API token (not shown, not saved): ").strip())
    _told[:] = [Credentials(token=typed, accounts=account_id)]


def setting(name: str) -> str:
    """Return what the environment says, empty where it says nothing.

    For whoever may raise an error: a verbose traceback prints ``os.environ`` wherever code names it.
    """
    return os.environ.get(name, "").strip()


def _settings(environ: Mapping[str, str] | None) -> dict[str, Secret | None]:
    """Return what the environment says, none of it in the clear."""
    environ = os.environ if environ is None else environ
    names = ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_EMAIL", "CLOUDFLARE_API_KEY", "CLOUDFLARE_ACCOUNT_ID")
    return {name: _secret(environ.get(name, "").strip()) for name in names}


def _secret(text: Secret | str | None) -> Secret | None:
    """Return a text as a secret, and an empty one as None."""
    secret = text if isinstance(text, Secret) else Secret(text or "")
    return secret if secret.reveal() else None


def _revealed(secret: Secret | None) -> str:
    return "" if secret is None else secret.reveal()


def _complaint(secret: Secret | None, what: str) -> str:
    """Say what is wrong with the form of a secret, as Cloudflare would refuse it; never repeat it."""
    plain = _revealed(secret)
    if plain.lower().startswith("bearer"):
        return f"the {what} starts with 'Bearer': leave that word out"
    if plain and (not re.fullmatch(r"[\x21-\x7e]+", plain) or plain[0] in "\"'"):
        return f"the {what} holds quotes, white space or a character outside ASCII: paste it again"
    return ""

"""A command run in this process: what it wrote, what it complained of, and how it ended."""

from dataclasses import dataclass

import pytest

from cfusage_lab.commands import main
from cfusage_lab.sandbox import SANDBOX_TOKEN


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run left behind."""

    code: int
    out: str
    err: str


class Run:
    """Runs commands, without credentials unless settings bring some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, **settings: str) -> Ended:
        """Run one; whatever happens, no token is shown."""
        with self._monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            try:
                code = main(arguments)
            except SystemExit as error:
                code = int(error.code or 0)
        out, err = self._capsys.readouterr()
        for token in {SANDBOX_TOKEN, settings.get("CLOUDFLARE_API_TOKEN") or SANDBOX_TOKEN}:
            assert token not in out + err
        return Ended(code, out, err)


def credentials(base_url: str, *account_ids: str) -> dict[str, str]:
    """Return the settings of a user of the sandbox behind an address."""
    return {
        "CLOUDFLARE_BASE_URL": base_url,
        "CLOUDFLARE_API_TOKEN": SANDBOX_TOKEN,
        "CLOUDFLARE_ACCOUNT_ID": ",".join(account_ids),
    }

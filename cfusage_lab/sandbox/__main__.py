"""Serve the sandbox on 127.0.0.1: ``python -m cfusage_lab.sandbox --port 8787 --page-size 50``."""

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields
from threading import Event
from typing import Final, get_type_hints

import msgspec

from cfusage_lab import terminal
from cfusage_lab.errors import ConfigError
from cfusage_lab.sandbox.access import SANDBOX_TOKEN
from cfusage_lab.sandbox.endpoint import Sandbox
from cfusage_lab.sandbox.knobs import DEFAULT_KNOBS, Knobs
from cfusage_lab.sandbox.server import ANY_PORT, serve

_NAME: Final = "cfusage_lab.sandbox"
_PORTS: Final = range(65_536)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted or terminated."""
    return terminal.run(_NAME, lambda: _served(arguments))


def _served(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cfusage_lab.sandbox",
        description="Imitate Cloudflare's AI Gateway billing endpoint on 127.0.0.1.",
        epilog="cfusage_lab.sandbox.Knobs says what each knob means. Pairs are written 100,30; none is none.",
    )
    parser.add_argument(
        "--port", type=int, default=ANY_PORT, help="port to listen on (default: any free one)"
    )
    for knob in fields(Knobs):
        default = getattr(DEFAULT_KNOBS, knob.name)
        parser.add_argument(f"--{knob.name.replace('_', '-')}", help=f"knob (default: {default})")
    options = vars(parser.parse_args(arguments))
    port = options.pop("port")
    if port not in _PORTS:
        parser.error(f"--port {port}: pass one from 0 to {_PORTS[-1]}")
    try:
        knobs = _knobs({name: text for name, text in options.items() if text is not None})
        sandbox = Sandbox(knobs)
        ended = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        with serve(sandbox, port) as base_url:
            terminal.write(_instructions(base_url, sandbox))
            ended.wait()
    except (ConfigError, OSError) as error:
        parser.error(str(error))
    return 0


def _knobs(texts: dict[str, str]) -> Knobs:
    """Read knobs as they are written on a command line."""
    hints = get_type_hints(Knobs)
    values = {}
    for name, text in texts.items():
        raw = text.split(",") if "," in text else text
        try:
            values[name] = msgspec.convert(raw if raw != "none" else None, hints[name], strict=False)
        except msgspec.ValidationError as error:
            raise ConfigError(f"--{name.replace('_', '-')} {text}: {error}") from error
    return Knobs(**values)


def _instructions(base_url: str, sandbox: Sandbox) -> str:
    accounts = "".join(f"#   {account_id}  {name}\n" for account_id, name in sandbox.accounts.items())
    first = next(iter(sandbox.accounts))
    return (
        "# The sandbox listens; everything it says is made up. Point a client at it with\n"
        f"export CLOUDFLARE_BASE_URL={base_url}\n"
        f"export CLOUDFLARE_API_TOKEN={SANDBOX_TOKEN}\n"
        f"export CLOUDFLARE_ACCOUNT_ID={first}\n"
        f"# Accounts:\n{accounts}"
        "# End it with Ctrl-C.\n"
    )


if __name__ == "__main__":
    sys.exit(main())

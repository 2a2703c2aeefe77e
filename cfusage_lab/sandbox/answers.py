"""What goes back over the wire: an envelope, a refusal, or something worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cfusage_lab.sandbox.knobs import Knobs

__all__ = ["Answer", "JsonError", "page_info", "refuse", "succeed"]

JsonError = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def succeed(result: object, result_info: object = None) -> Answer:
    """Wrap a result as Cloudflare does; without ``result_info`` the block is missing."""
    envelope: dict[str, object] = {"success": True, "errors": [], "messages": [], "result": result}
    if result_info is not None:
        envelope["result_info"] = result_info
    return Answer(status=200, body=msgspec.json.encode(envelope))


def page_info(knobs: Knobs, *, total: int, shown: int) -> dict[str, object] | None:
    """Say how much of what there is an answer holds; None where nothing is said."""
    if knobs.result_info == "absent":
        return None
    per_page = knobs.page_size or max(100, shown)
    if knobs.result_info == "uninformative":
        total = shown
    return {"has_more": total > shown, "page": 1, "per_page": per_page, "total_count": total}


def refuse(
    status: int,
    *errors: tuple[int, str],
    chain: Sequence[tuple[int, str]] = (),
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """Refuse with Cloudflare's documented error body, which has no ``messages``.

    ``errors`` are pairs of code and message; ``chain`` is the ``error_chain`` of the first of them.
    """
    listed = [_error(error) for error in errors]
    if chain:
        listed[0]["error_chain"] = [_error(error) for error in chain]
    body = msgspec.json.encode({"errors": listed, "result": None, "success": False})
    return Answer(status=status, body=body, headers=headers)


def _error(error: tuple[int, str]) -> JsonError:
    code, message = error
    return {"code": code, "message": message}

"""What a refusal means: the status decides, then Cloudflare's own codes, never a code alone."""

import re
from typing import Final

import msgspec

from cfusage_lab.errors import ApiError, AuthError, CfUsageError, PayloadError, RateLimitError
from cfusage_lab.wire import json_checks

__all__ = ["error", "is_retryable"]

_TOO_MANY: Final = 429
_TOO_MANY_FAILURES: Final = 10502
_AUTH_CODES: Final = frozenset({6003, 9109, 10000, _TOO_MANY_FAILURES})
_NO_LIST: Final = 1001
_ROUTE_CODES: Final = frozenset({7000, 7003})
_OF_AN_ACCOUNT: Final = "/accounts/"
_RETRYABLE: Final = frozenset({408, _TOO_MANY, 500, 502, 503, 504, *range(520, 530)})
_SHOWN: Final = 300
"""Characters of each message that are repeated, and bytes in which a page of HTML begins."""
_MOST: Final = 20
"""How many of its errors an answer is heard out about."""
_LARGEST_CODE: Final = 10**9
"""Cloudflare's codes have five digits; what is no code may have any number of them."""


def error(
    status: int, body: bytes | bytearray, *, path: str, retry_after: float | None = None
) -> CfUsageError:
    """Return the error that a refusal stands for: the status decides, then Cloudflare's codes."""
    codes, said = _complaints(body)
    is_auth = status in {401, 403} or (status in {400, 429} and bool(_AUTH_CODES.intersection(codes)))
    told = f" (code {', '.join(map(str, codes))})" if codes else ""
    what = f"Cloudflare answered {status}{told} for {path}" + (f": {said}" if said else "")
    fields = {"status_code": status, "codes": codes}
    if _ROUTE_CODES.intersection(codes) and path.startswith(_OF_AN_ACCOUNT):
        return AuthError(f"{what}; check the account id", **fields)  # type: ignore[arg-type]
    if is_auth:
        hint = "check the token, the account id, and that the token has 'AI Gateway Read' for this account"
        if _TOO_MANY_FAILURES in codes:
            hint = "too many refused tokens: wait some minutes, then use one that works"
        return AuthError(f"{what}; {hint}", **fields)  # type: ignore[arg-type]
    if status == _TOO_MANY:
        wait = "try again later" if retry_after is None else f"try again in {retry_after:.0f} s"
        return RateLimitError(
            f"{what}; {wait}", status_code=status, codes=codes, retry_after=retry_after, retryable=True
        )
    hint = ""
    if _NO_LIST in codes and path == "/accounts":
        hint = "; set CLOUDFLARE_ACCOUNT_ID, or pass accounts=: then no list is needed"
    elif status == 500:  # noqa: PLR2004
        hint = "; the range may be the cause: try a shorter or an earlier one"
    elif _ROUTE_CODES.intersection(codes):
        hint = "; check base_url"
    elif 300 <= status < 400:  # noqa: PLR2004
        hint = "; redirects are not followed: check base_url"
    elif not codes and b"<" in body[:_SHOWN]:
        hint = "; the answer is a page of HTML, from the edge or from a proxy on the way"
    return ApiError(
        f"{what}{hint}",
        status_code=status,
        codes=codes,
        retry_after=retry_after,
        retryable=status in _RETRYABLE,
    )


def is_retryable(status: int, body: bytes | bytearray) -> bool:
    """Whether the same request may be answered later."""
    return status in _RETRYABLE and not (status == _TOO_MANY and _TOO_MANY_FAILURES in _complaints(body)[0])


def _complaints(body: bytes | bytearray) -> tuple[tuple[int, ...], str]:
    """Return Cloudflare's codes, outermost first, and its first message, from whatever body there is."""
    try:
        json_checks.refuse_deep(body)
        answer = msgspec.json.decode(body)
    except (PayloadError, ValueError):  # msgspec's errors and those of bytes that are no text are ValueErrors
        return (), ""
    codes: list[int] = []
    said: list[str] = []
    errors = answer.get("errors") if isinstance(answer, dict) else None
    todo = _first(errors)
    while todo and len(codes) < _MOST:
        item = todo.pop()
        if not isinstance(item, dict):
            continue
        code = item.get("code")
        if type(code) is int and abs(code) < _LARGEST_CODE:
            codes.append(code)
        if isinstance(item.get("message"), str):
            said.append(item["message"])
        todo += _first(item.get("error_chain"))
    return tuple(codes), " → ".join(re.sub(r"\s+", " ", text[:_SHOWN]) for text in said[:3])


def _first(errors: object) -> list[object]:
    """Return the first errors of a list, the very first at the end."""
    return errors[:_MOST][::-1] if isinstance(errors, list) else []

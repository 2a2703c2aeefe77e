"""Every refusal that Cloudflare is known for becomes the error that says what to do next."""

import json

import pytest

from cfusage_lab.errors import ApiError, AuthError, RateLimitError
from cfusage_lab.wire import refusals

PATH = "/accounts/0123/ai-gateway/billing/usage-history"


def body(*errors: dict[str, object]) -> bytes:
    return json.dumps({"errors": errors, "result": None, "success": False}).encode()


def coded(code: int, message: str = "why") -> dict[str, object]:
    return {"code": code, "message": message}


CHAIN = coded(6003, "Invalid request headers") | {
    "error_chain": [coded(6111, "Invalid format for Authorization header")]
}


@pytest.mark.parametrize(
    ("status", "text", "kind", "codes", "says", "heals"),
    [
        (400, body(CHAIN), AuthError, (6003, 6111), "check the token", False),
        (400, body(coded(7003), coded(7000)), AuthError, (7003, 7000), "check the account id", False),
        (404, body(coded(7003), coded(7000)), AuthError, (7003, 7000), "check the account id", False),
        (401, body(coded(1000)), AuthError, (1000,), "check the token", False),
        (403, body(coded(10000)), AuthError, (10000,), "'AI Gateway Read'", False),
        (401, body(coded(10000)), AuthError, (10000,), "'AI Gateway Read'", False),
        (403, body(coded(9109)), AuthError, (9109,), "'AI Gateway Read'", False),
        (429, body(coded(971)), RateLimitError, (971,), "try again in 12 s", True),
        (429, body(coded(10502)), AuthError, (10502,), "too many refused tokens", False),
        (400, body(coded(1001)), ApiError, (1001,), "1001", False),
        (500, b"", ApiError, (), "the range may be the cause", True),
        (502, b"<html>bad gateway</html>", ApiError, (), "a page of HTML", True),
        (503, b"{}", ApiError, (), "503", True),
        (504, b"[]", ApiError, (), "504", True),
        (522, b"\xff\xfe", ApiError, (), "522", True),
        (530, b'{"errors": "none"}', ApiError, (), "530", False),
        (408, body("odd", coded(7)), ApiError, (7,), "408", True),  # type: ignore[arg-type]
        (301, b"", ApiError, (), "redirects are not followed", False),
        (404, b"not found", ApiError, (), "404", False),
    ],
)
def test_a_refusal_says_what_where_and_what_to_do(
    status: int, text: bytes, kind: type, codes: tuple[int, ...], says: str, *, heals: bool
) -> None:
    error = refusals.error(status, text, path=PATH, retry_after=12)

    assert type(error) is kind
    assert (error.status_code, error.codes, error.retryable) == (status, codes, heals)
    assert refusals.is_retryable(status, text) is heals
    assert says in str(error)
    assert PATH in str(error)


def test_a_token_that_may_not_list_accounts_is_told_how_to_do_without() -> None:
    """The same code about anything else says nothing of lists."""
    text = body(coded(1001, "not for account owned tokens"))

    assert "set CLOUDFLARE_ACCOUNT_ID" in str(refusals.error(400, text, path="/accounts"))
    assert "set CLOUDFLARE_ACCOUNT_ID" not in str(refusals.error(400, text, path=PATH))


def test_a_rate_limit_carries_how_long_to_wait() -> None:
    assert refusals.error(429, body(coded(971)), path=PATH, retry_after=212).retry_after == 212


def test_cloudflares_own_words_are_kept_but_not_at_any_length() -> None:
    error = refusals.error(400, body(coded(1, "one\n two"), coded(2, "x" * 5_000)), path=PATH)

    assert "one two" in str(error)
    assert len(str(error)) < 1_000


def test_a_route_that_names_no_account_is_no_matter_of_its_id() -> None:
    """The list of accounts is asked for without one, so what is wrong is the address."""
    error = refusals.error(404, body(coded(7003), coded(7000)), path="/accounts")

    assert type(error) is ApiError
    assert "check base_url" in str(error)
    assert "account id" not in str(error)

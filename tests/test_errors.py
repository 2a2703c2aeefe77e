"""The tree of errors: what a caller can branch on without knowing the leaves."""

import pytest

from cfusage_lab import errors


def test_every_error_is_of_the_one_root_and_carries_its_fields() -> None:
    for name in errors.__all__:
        error = getattr(errors, name)("why", status_code=429, codes=(971,), retry_after=3.0, retryable=True)

        assert isinstance(error, errors.CfUsageError)
        assert str(error) == "why"
        assert (error.status_code, error.codes, error.retry_after, error.retryable) == (
            429,
            (971,),
            3.0,
            True,
        )


@pytest.mark.parametrize(
    ("leaf", "branch"),
    [
        (errors.ConfigError, ValueError),
        (errors.FrameError, ValueError),
        (errors.AuthError, errors.ApiError),
        (errors.RateLimitError, errors.ApiError),
    ],
)
def test_leaves_hang_where_the_picture_shows_them(leaf: type[Exception], branch: type[Exception]) -> None:
    assert issubclass(leaf, branch)
    assert leaf.__name__ in (errors.__doc__ or "")

"""What the errors of delta-rs, polars and an object store mean: which of ours, and what to do next.

delta-rs, polars and obstore hand on the texts of one library, with the store's own XML in them.
"""

import errno
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import polars as pl

from cfusage_lab.archive.location import LONGEST_SECONDS, StorageOptions
from cfusage_lab.errors import CfUsageError, ConfigError, PayloadError, TransportError
from cfusage_lab.files import FORBIDDEN, FULL, is_address
from cfusage_lab.redaction import without_frames
from cfusage_lab.wording import visible

__all__ = ["RESTORE", "newer_version", "store_error", "typed_errors"]

RESTORE: Final = "put a copy of it back, or move it away and update again"
"""What to do about an archive that is damaged."""

_UNUSABLE: Final = FORBIDDEN | {errno.ENOTDIR, errno.ENOTSUP, errno.ENAMETOOLONG, errno.ELOOP}
_NEWER: Final = re.compile(r"unsupported (minimum )?(reader|writer)|unsupported.*feature", re.IGNORECASE)
_INTACT: Final = "what was stored before is intact"
_LONGEST: Final = 300
"""Characters of somebody else's text that a message repeats."""

_ARROW: Final = re.compile(r"\n\s*\x1b\[[0-9;]*m↳\x1b\[0m")
"""By which delta-rs leads from an error to what is behind it, wherever there was a colon."""

_CODE: Final = re.compile(r"<Code>([^<]*)</Code>\s*(?:<Message>([^<]*)</Message>)?")
_HOST: Final = re.compile(r"Error performing [A-Z]+ (https?://[^/\s?]+)")
_BUCKET: Final = re.compile(r"<BucketName>([^<]*)</BucketName>")
_REGION: Final = re.compile(r"expecting '([a-z0-9-]+)'|<Region>([a-z0-9-]+)</Region>")

_SET: Final = "set it, as an option or in the environment"

_PERMANENT: Final = {
    r"NoSuchBucket": (
        "there is no such bucket{bucket}{at}: check its name in the address, AWS_ENDPOINT_URL and AWS_REGION"
    ),
    r"InvalidAccessKeyId|>Unauthorized<|valid authentication credentials|401 Unauthorized": (
        "the store does not know this key: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and whether "
        "AWS_ENDPOINT_URL is the store that they are for"
    ),
    r"SignatureDoesNotMatch": "the secret is not that of the key: check AWS_SECRET_ACCESS_KEY",
    r"ExpiredToken|TokenRefreshRequired|InvalidToken": (
        "the session is over: take a new AWS_SESSION_TOKEN, or none where the key needs none"
    ),
    r"RequestTimeTooSkewed|RequestExpired": "this computer's clock is off: set it",
    r"AuthorizationHeaderMalformed|PermanentRedirect|InvalidRegionName|IllegalLocationConstraint|"
    r"incorrectly configured region": "the bucket is in another region: set AWS_REGION{region}",
    r"URL scheme is not allowed": (
        "the address is plain http: take https in AWS_ENDPOINT_URL, or set AWS_ALLOW_HTTP to 'true'"
    ),
    r"Missing SecretAccessKey": f"AWS_SECRET_ACCESS_KEY is missing: {_SET}",
    r"Missing AccessKeyId": f"AWS_ACCESS_KEY_ID is missing: {_SET}",
    r"169\.254\.\d+\.\d+|latest/api/token|metadata endpoint": (
        "there is no key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as options or in the environment"
    ),
    r"corrupt message|certificate|UnknownIssuer|NotValidForName|tls handshake": (
        "what answers{at} has no certificate that holds for it, or speaks no https: check AWS_ENDPOINT_URL"
    ),
    r"AccessDenied|lacked the necessary privileges|403 Forbidden|AllAccessDisabled": (
        "the key may not do this: it needs to list and read the bucket, and to write to it for an update; "
        "check its permissions, and the bucket's name"
    ),
    r"when conditional put is disabled": "commits need conditional writes: leave aws_conditional_put out",
    r"failed to parse \\*\"|Generic Config error|Configuration key|invalid value for": (
        "check the storage options"
    ),
    r"Unknown scheme|Generic URL error|Unable to recogni[sz]e URL": "check the address and the options",
    r"501 Not Implemented|405 Method|Header missing|extract metadata|invalid list response|[Rr]edirect|"
    r"404 Not Found\W*<!?(html|HTML|doctype|DOCTYPE)|list request[\s\S]*404 Not Found|InvalidHeaderValue|"
    r"panicked|has crashed|Result::unwrap": (
        "what answers{at} is no store of this kind: check AWS_ENDPOINT_URL, the address and the options"
    ),
}
"""What is seen in a text, and what it means: the first that is found. None of it heals by itself."""

_TEMPORARY: Final = {
    r"dns error|lookup address|Name or service not known": (
        "the name of the store can't be resolved{at}: check AWS_ENDPOINT_URL, and the network"
    ),
    r"SlowDown|TooManyRequests|429 Too|503 Service": "the store asks for time: run this again",
    r"Generic (S3|GCS|MicrosoftAzure|HTTP)|error sending request|timed? ?out|HTTP error|\b5\d\d [A-Z]": (
        f"the store{{at}} gives no answer that is of use, and was asked for up to {LONGEST_SECONDS} seconds: "
        "check AWS_ENDPOINT_URL and the network, and run this again"
    ),
}
"""The same, where it may heal by itself."""


@contextmanager
def typed_errors(uri: str, options: StorageOptions) -> Iterator[None]:
    """Turn whatever delta-rs or polars raise over a table into an error of this package.

    Where there are storage options, these stand neither in the text of what was raised nor in its frames.
    """
    from deltalake.exceptions import CommitFailedError, DeltaProtocolError  # noqa: PLC0415

    try:
        yield
    except CfUsageError:
        raise
    except CommitFailedError as error:
        _redact(error, options)
        raise
    except DeltaProtocolError as error:
        _redact(error, options)
        raise newer_version(uri, "its Delta protocol") from error
    except _error_types() as error:
        _redact(error, options)
        raise _typed_error(uri, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        _redact(error, options)
        raise _typed_error(uri, error) from error


def _error_types() -> tuple[type[Exception], ...]:
    """Return what delta-rs and polars raise, and obstore if anything here has used it."""
    from deltalake.exceptions import DeltaError  # noqa: PLC0415

    found = sys.modules.get("obstore.exceptions")
    of_obstore = [] if found is None else [found.BaseError]
    return (DeltaError, OSError, pl.exceptions.PolarsError, ValueError, TypeError, *of_obstore)


def _redact(error: BaseException, options: StorageOptions) -> None:
    """Take secrets out of an error that hangs on ours: out of its text, and with its frames."""
    if options:
        error.args = tuple(options.redact(part) if isinstance(part, str) else part for part in error.args)
        without_frames(error)


def newer_version(uri: str, what: str) -> ConfigError:
    """Say that a table is ahead of this version."""
    return ConfigError(
        f"the archive at {uri} was written by a newer version ({what}): upgrade cfusage-lab; nothing was "
        "changed"
    )


def store_error(uri: str, text: str) -> CfUsageError | None:
    """Return the error that a text of delta-rs, polars or obstore means; None if it is not the store's.

    That an object is not there, or has not what it should, is for the caller to judge.
    """
    for meanings, is_temporary in ((_PERMANENT, False), (_TEMPORARY, True)):
        for seen, meaning in meanings.items():
            if re.search(seen, text):
                said = f"the archive at {uri} can't be {'reached' if is_temporary else 'used'}: "
                said += f"{meaning.format(**_named_parts(text))}; {_INTACT} ({_cause(text)})"
                return TransportError(said, retryable=True) if is_temporary else ConfigError(said)
    return None


def _named_parts(text: str) -> dict[str, str]:
    bucket, host, region = _BUCKET.search(text), _HOST.search(text), _REGION.search(text)
    return {
        "bucket": f" as {visible(bucket[1])!r}" if bucket else "",
        "at": f" at {visible(host[1])}" if host else "",
        "region": f" to {region[1] or region[2]!r}" if region else ", for Cloudflare R2 to 'auto'",
    }


def _cause(text: str) -> str:
    """Return what a store said of itself, or else the innermost cause: the last line."""
    plain = _ARROW.sub("\n", text.partition("Debug source")[0])
    found = _CODE.search(plain)
    if found is not None:
        said = ": ".join(part for part in found.groups() if part)
    else:
        said = next((line for line in reversed(plain.splitlines()) if line.strip()), "")
    return visible(" ".join(said.split()))[:_LONGEST]


def _typed_error(uri: str, error: BaseException) -> CfUsageError:
    number = _errno(error)
    said = visible(str(error).strip().split("\n")[0][:_LONGEST])
    if _NEWER.search(said):
        return newer_version(uri, said)
    if is_address(uri):
        found = store_error(uri, str(error))
        if found is not None:
            return found
    if number in FULL:
        return TransportError(
            f"no room to write the archive at {uri}: free some space and run this again; {_INTACT} ({said})",
            retryable=True,
        )
    if number in _UNUSABLE:
        return ConfigError(
            f"the archive at {uri} can't be used: check that the folder is one, and its permissions; "
            f"{_INTACT} ({said})"
        )
    return PayloadError(f"the archive at {uri} is damaged, and nothing was changed: {RESTORE} ({said})")


def _errno(error: BaseException) -> int | None:
    """Return the system's number of an error, which Rust writes into the message."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = re.search(r"os error (\d+)", str(error))
    return None if found is None else int(found[1])

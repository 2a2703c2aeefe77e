"""An archive in an S3-compatible store: its settings, whether it keeps to conditional writes, its objects.

A commit is an object that is written on condition that there is none of that name (``If-None-Match: *``). A
store that ignores the condition loses commits of those who write at once, and nobody is told.
:mod:`cfusage_lab.archive.folders` is the same for a folder.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cfusage_lab.archive.errors import RESTORE, typed_errors
from cfusage_lab.archive.location import StorageOptions
from cfusage_lab.errors import ConfigError, PayloadError

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = [
    "check_settings",
    "is_s3",
    "lost_commits",
    "object_sizes",
    "refuse_foreign_objects",
    "require_conditional_writes",
]

_SCHEMES: Final = ("s3://", "s3a://")
_ID: Final = "AWS_ACCESS_KEY_ID"
_SECRET: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - its name
_ENDPOINT: Final = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT")
_HEADERS: Final = (_ID, _SECRET, "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION")
_TRUE: Final = {"1", "true", "on", "yes", "y"}

_TRIAL: Final = "_conditional_write"
"""The object by which conditional writes are tried; it stays where it is, so that a trial is one request."""
_TRIAL_CONTENT: Final = (
    b"Written to see whether this store keeps what is there: cfusage_lab's archive needs that.\n"
)

_COMMIT: Final = re.compile(r"_delta_log/(\d{20})\.json")
_CLIENT_OPTIONS: Final = {
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "http1_only",
    "http2_only",
    "proxy_ca_certificate",
    "proxy_excludes",
    "proxy_url",
    "timeout",
    "user_agent",
}
_BOOLEAN_OPTIONS: Final = {"allow_http", "allow_invalid_certificates", "http1_only", "http2_only"}
_STORE_OPTIONS: Final = {
    "access_key_id",
    "conditional_put",
    "default_region",
    "endpoint",
    "endpoint_url",
    "endpoint_url_s3",
    "imdsv1_fallback",
    "metadata_endpoint",
    "region",
    "request_payer",
    "role_arn",
    "role_session_name",
    "secret_access_key",
    "server_side_encryption",
    "session_token",
    "skip_signature",
    "sse_bucket_key_enabled",
    "sse_customer_key_base64",
    "sse_kms_key_id",
    "token",
    "unsigned_payload",
    "virtual_hosted_style_request",
    "web_identity_token_file",
}
"""Options by the names that delta-rs and obstore share, without their ``aws_``."""


def is_s3(location: str) -> bool:
    """Whether a location is in a store of S3's kind, whoever runs it."""
    return location.lower().startswith(_SCHEMES)


def check_settings(uri: str, options: StorageOptions) -> None:
    """Refuse settings, options or environment, with which no store can be asked; no secret is repeated.

    Raises
    ------
    ConfigError
        It names the setting, and says what to set.
    """
    fault = _setting_fault(options)
    if fault:
        raise ConfigError(f"the archive at {uri} can't be used: {fault}; nothing was asked")


def require_conditional_writes(location: str, options: StorageOptions) -> None:
    """Try whether a store refuses to write over an object: an empty trial beside the tables, which stays.

    Who may read alone can't try it, and loses nothing.

    Raises
    ------
    ConfigError
        If the store writes over it, or knows no such condition.
    ConfigError, TransportError
        If it can't be used or reached.
    """
    from obstore import list, put  # noqa: A004, PLC0415 - only who keeps an archive in a store needs it
    from obstore.exceptions import AlreadyExistsError, NotSupportedError, PermissionDeniedError  # noqa: PLC0415

    with typed_errors(location, options):
        store = _store(location, options)
        for _ in range(2):  # where the object is not there yet, the first write only creates it
            try:
                put(store, _TRIAL, _TRIAL_CONTENT, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return
            except PermissionDeniedError as error:
                if "SignatureDoesNotMatch" not in str(error):
                    return
                next(list(store, prefix=_TRIAL), None)  # where that may be asked, the header was lost
                break
            except NotSupportedError:
                break
    raise ConfigError(
        f"the store of {location} does not keep to conditional writes (If-None-Match: * on a PUT): of two "
        "who write at once, one would lose its commit in silence; keep the archive in a store that does, "
        "such as Amazon S3 or Cloudflare R2, without a proxy that drops the header, or in a folder"
    )


def refuse_foreign_objects(location: str, table: str, options: StorageOptions) -> None:
    """Refuse a place in a store that has no table and is not free for one, or whose store is none.

    Raises
    ------
    PayloadError
        If there are files of a table, or commits that lack their beginning.
    ConfigError
        If there is something else, or what answers is no such store.
    """
    from obstore import head, list  # noqa: A004, PLC0415

    uri = f"{location}/{table}"
    is_object = True
    with typed_errors(uri, options):
        store = _store(location, options)
        found = next(list(store, prefix=f"{table}/"), [])  # some dozens, in order of name
        with suppress(FileNotFoundError):
            is_object = head(store, _TRIAL)["e_tag"] is not None
    if not is_object:  # a page that is shown to anybody who asks for anything
        raise ConfigError(
            f"what answers for {location} is no store of this kind: check AWS_ENDPOINT_URL and the address"
        )
    names = [one["path"].removeprefix(f"{table}/") for one in found]
    if any(name.startswith("month=") or _COMMIT.match(name) for name in names):
        raise PayloadError(f"the archive at {uri} is damaged: its log lacks its beginning; {RESTORE}")
    if any(not name.startswith("_delta_log/") for name in names):
        raise ConfigError(f"{uri} holds something else: give the archive a place of its own")


def object_sizes(location: str, table: str, options: StorageOptions) -> dict[str, int]:
    """Return how many bytes each object of a table has, its log included, by its name in the log."""
    from obstore import list  # noqa: A004, PLC0415

    with typed_errors(f"{location}/{table}", options):
        store = _store(location, options)
        return {
            one["path"].removeprefix(f"{table}/"): one["size"]
            for some in list(store, prefix=f"{table}/")
            for one in some
        }


def lost_commits(sizes: Mapping[str, int]) -> list[str]:
    """Return in words which commits of a table's log are lost, by the sizes of its objects."""
    commits = {int(commit[1]): size for name, size in sizes.items() if (commit := _COMMIT.fullmatch(name))}
    versions = range(min(commits), max(commits) + 1) if commits else range(0)
    return [
        *(f"commit {one} of the log is lost" for one in versions if one not in commits),
        *(f"commit {one} of the log is empty" for one, size in commits.items() if not size),
    ]


def _setting_fault(options: StorageOptions) -> str:
    key, secret = options.setting(_ID), options.setting(_SECRET)
    if bool(key) != bool(secret):
        here, missing = (_ID, _SECRET) if key else (_SECRET, _ID)
        return f"{here} is set, and {missing} is not: set both, as options or in the environment"
    for name in _HEADERS:
        value = options.setting(name) or ""
        if not value.isascii() or not value.isprintable() or value != value.strip():
            return f"{name} has a blank, a line break or a letter with an accent in it: copy it anew"
    endpoint = options.setting(*_ENDPOINT)
    if endpoint is None:
        return ""
    if not re.match(r"https?://[^/\s@?#]+(/[^\s@?#]*)?$", endpoint, re.IGNORECASE):
        return "AWS_ENDPOINT_URL is no plain address: it is 'https://', a name, and a port if need be"
    if endpoint.lower().startswith("http://"):
        allowed = options.setting("AWS_ALLOW_HTTP") or ""
        if allowed.lower() not in _TRUE:
            return (
                "AWS_ENDPOINT_URL is plain http, which anybody on the way can read: take https, or set "
                "AWS_ALLOW_HTTP to 'true' if the store is on this machine or network"
            )
    return ""


def _store(location: str, options: StorageOptions) -> "S3Store":
    """Open a location with delta-rs' options; what they do not say, both take from the environment."""
    from obstore.store import S3Store  # noqa: PLC0415 - as above

    check_settings(location, options)
    named = {name.lower().removeprefix("aws_"): value for name, value in options.items()}
    client: Any = {name: value for name, value in named.items() if name in _CLIENT_OPTIONS}
    client["allow_http"] = options.setting("AWS_ALLOW_HTTP") or ""  # obstore would not look for it by itself
    client |= {name: client[name].lower() in _TRUE for name in _BOOLEAN_OPTIONS & client.keys()}
    config: Any = StorageOptions({name: value for name, value in named.items() if name in _STORE_OPTIONS})
    count, seconds = options.retries
    return S3Store.from_url(
        f"s3://{location.partition('://')[2]}",
        config=config,
        client_options=client,
        retry_config={"max_retries": count, "retry_timeout": timedelta(seconds=seconds)},
    )

"""An archive in an S3-compatible store: what it keeps, what it refuses, what it says where it can't be had.

The server is moto's: it checks keys, signatures and conditions, and comes from the package registry.
"""

import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from itertools import count
from pathlib import Path

import polars as pl
import pytest
from nights import (
    BATCH,
    DAY,
    FIRST,
    NOW,
    RESEARCH,
    SUPPORT,
    InStore,
    check_committed,
    forkserver,
    kill_writers,
    update_at_once,
    used,
)
from polars.testing import assert_frame_equal
from stores import Answer, Store, error, proxy

import cfusage_lab as cfu
from cfusage_lab.archive.delta_table import MonthlyTable
from cfusage_lab.archive.location import StorageOptions
from cfusage_lab.commands import main
from cfusage_lab.errors import CfUsageError, ConfigError, PayloadError, TransportError
from cfusage_lab.ranges import TimeRange

pytestmark = pytest.mark.slow

END = NOW.replace(hour=0, minute=0) - 3 * DAY
SPAN = TimeRange(END - 30 * DAY, END)
SHORT = TimeRange(END - 2 * DAY, END)
_numbers = count(1)


@pytest.fixture(scope="session")
def store() -> Iterator[Store]:
    """Start one server for all of these."""
    one = Store()
    yield one
    one.stop()


@pytest.fixture(autouse=True)
def _no_settings_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "ACCESS_KEY_ID",
        "SECRET_ACCESS_KEY",
        "SESSION_TOKEN",
        "REGION",
        "ENDPOINT_URL",
        "ALLOW_HTTP",
    ):
        monkeypatch.delenv(f"AWS_{name}", raising=False)


@pytest.fixture
def bucket(store: Store) -> str:
    """Make a bucket that nobody else uses."""
    name = f"bucket-{next(_numbers)}"
    store.s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def nights(store: Store, bucket: str) -> InStore:
    return InStore(f"s3://{bucket}/usage", store.options)


def changed(options: StorageOptions, *gone: str, **others: str) -> StorageOptions:
    return StorageOptions({name: value for name, value in options.items() if name not in gone} | others)


def at(nights: InStore, url: str) -> InStore:
    """Return the same archive, reached another way, where one try tells all."""
    return InStore(nights.address, changed(nights.options, AWS_ENDPOINT_URL=url, max_retries="0"))


def test_an_archive_in_a_store_is_one_like_any_other(nights: InStore, tmp_path: Path) -> None:
    nights.update(SPAN, accounts=[BATCH, SUPPORT])
    assert nights.update(SPAN, accounts=[BATCH, SUPPORT]) == []
    nights.archive.update_invoice_previews(nights.client)

    assert_frame_equal(
        used(nights.archive.usage_history(SPAN, accounts=SUPPORT)), nights.truth(SUPPORT, SPAN)
    )
    assert nights.archive.verify()["rows"].to_list()[0] == 2 * 720
    assert nights.archive.held() == SPAN
    assert nights.archive.coverage()["missing"].sum() == 0
    assert nights.archive.revisions().is_empty()
    assert nights.archive.scan().select(pl.len()).collect().item() == 2 * 720
    assert set(nights.archive.invoice_lines()["account_id"]) >= {SUPPORT}
    assert cfu.read_table(nights.archive.export(tmp_path / "usage.parquet")).height == 2 * 720
    assert nights.archive.compact()["files_deleted"].sum() == 0


def test_options_may_come_from_the_environment_alone(
    store: Store, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in store.options.items():
        monkeypatch.setenv(name, value)

    alone = InStore(f"s3://{bucket}", StorageOptions())
    alone.update(SHORT)

    assert alone.archive.usage_history(SHORT).height == 48


def test_the_commands_take_an_address(
    store: Store,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for name, value in store.options.items():
        monkeypatch.setenv(name, value)
    where = ["--sandbox", "--archive", f"s3://{bucket}/usage"]
    update = ["update", *where, "--days", "3", "--accounts", SUPPORT]
    path = tmp_path / "week.html"

    assert main(update) == main(update) == 0
    assert main(["report", *where, "--range", "yesterday", "--output", str(path)]) == 0
    assert path.stat().st_size

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-such-secret-0123456789")
    capsys.readouterr()
    for command in (update, ["report", *where]):
        assert main(command) == 2
    out, err = capsys.readouterr()
    assert err.count("check AWS_SECRET_ACCESS_KEY") == 2
    assert "no-such-secret" not in out + err


def test_three_writers_at_once_end_with_the_union(nights: InStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of overlapping spans of two accounts; nobody has begun the archive."""
    work = [
        (one, TimeRange(END - first * DAY, END - last * DAY))
        for one, first, last in ((SUPPORT, 30, 10), (SUPPORT, 15, 0), (RESEARCH, 30, 0))
    ]

    went_well = update_at_once(
        forkserver(monkeypatch), partial(InStore, nights.address, nights.options), work
    )

    assert went_well == sorted(one for one, _ in work)
    assert_frame_equal(
        used(nights.archive.usage_history(SPAN)),
        pl.concat(nights.truth(one, SPAN) for one in (SUPPORT, RESEARCH)),
    )
    assert nights.archive.verify()["version"].item() == len(work)


def test_killed_writers_lose_nothing(nights: InStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once, killed six times each at any moment: what they had said is held, and sound."""
    reached = FIRST
    for reached in kill_writers(
        forkserver(monkeypatch),
        partial(InStore, nights.address, nights.options),
        batches=6,
        at_once=2,
        longest_life=0.4,
    ):
        check_committed(nights, reached)

    assert reached > FIRST
    everything = TimeRange(FIRST, reached)
    nights.update(everything)
    assert_frame_equal(used(nights.archive.usage_history(everything)), nights.truth(SUPPORT, everything))


@pytest.fixture(params=["signed", "unsigned"])
def filtered(request: pytest.FixtureRequest, store: Store) -> Iterator[str]:
    """Stand in front of the store a proxy that drops the condition; one store sees that, and one does not."""
    with proxy(store.url) as url, nullcontext() if request.param == "signed" else store.trusting():
        yield url


def test_a_store_that_overwrites_is_refused_before_anything_is_stored(
    store: Store, nights: InStore, bucket: str, filtered: str
) -> None:
    there = at(nights, filtered)
    with pytest.raises(ConfigError, match=r"If-None-Match.*one would lose its commit.*keep the archive in"):
        there.update(SHORT)
    with pytest.raises(ConfigError, match="conditional writes"):
        there.archive.update_invoice_previews(nights.client)

    assert set(store.objects(bucket)) <= {"usage/_conditional_write"}


def test_an_archive_moved_to_a_store_that_overwrites_is_not_written_and_not_sound(
    store: Store, nights: InStore, bucket: str, filtered: str
) -> None:
    nights.update(SHORT)
    before = store.objects(bucket)
    there = at(nights, filtered)
    for use in (lambda: there.update(SPAN), there.archive.verify, there.archive.compact):
        with pytest.raises(ConfigError, match="conditional writes"):
            use()
    assert there.archive.usage_history(SHORT).height == 48

    assert store.objects(bucket) == before
    assert nights.archive.verify()["rows"].item() == 48


def test_without_the_trial_such_a_store_loses_commits(
    store: Store, nights: InStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it is for: another commits between the look for the newest version and the write of the next."""
    nights.update(SHORT)
    monkeypatch.setattr(MonthlyTable, "require_conditional_writes", lambda _table: None)
    later = [BATCH]

    def answering(method: str, path: str) -> None:
        if method == "PUT" and "_delta_log" in path and later:
            there.update(SHORT, accounts=later.pop())

    with store.trusting(), proxy(store.url, answering=answering) as url:
        there = at(nights, url)
        there.update(SHORT, accounts=RESEARCH)
        assert there.archive.accounts()["account_id"].to_list() == [SUPPORT, RESEARCH]  # and not BATCH

    other = InStore(f"{nights.address}-honest", nights.options)
    other.update(SHORT)
    later.append(BATCH)
    with proxy(store.url, answering=answering, is_honest=True) as url:
        there = at(other, url)
        there.update(SHORT, accounts=RESEARCH)
        assert there.archive.accounts().height == 3


def test_a_store_that_knows_no_conditions_is_refused_as_well(store: Store, nights: InStore) -> None:
    def answering(method: str, _path: str) -> Answer | None:
        return (
            error(501, "NotImplemented", "A header you provided implies what is not implemented")
            if (method == "PUT")
            else None
        )

    with (
        proxy(store.url, answering=answering) as url,
        pytest.raises(ConfigError, match="no store of this kind"),
    ):
        at(nights, url).update(SHORT)


def test_the_trial_is_one_small_request_an_update_and_leaves_one_object(
    store: Store, nights: InStore, bucket: str
) -> None:
    asked: list[str] = []

    def answering(method: str, path: str) -> None:
        asked.append(f"{method} {path.rpartition('/')[2]}")

    with proxy(store.url, answering=answering, is_honest=True) as url:
        there = at(nights, url)
        there.update(SHORT)
        assert asked.count("PUT _conditional_write") == 2
        asked.clear()
        there.update(SPAN)
        assert asked.count("PUT _conditional_write") == 1
        asked.clear()
        assert there.update(SPAN) == []
        assert "PUT _conditional_write" not in asked

    assert sum("_conditional_write" in name for name in store.objects(bucket)) == 1


def test_who_may_only_read_can_read_and_verify(store: Store, nights: InStore) -> None:
    nights.update(SHORT)

    def answering(method: str, _path: str) -> Answer | None:
        return error(403, "AccessDenied", "Access Denied") if method == "PUT" else None

    with proxy(store.url, answering=answering) as url:
        reader = at(nights, url)
        assert reader.archive.verify()["rows"].item() == 48
        assert reader.archive.usage_history(SHORT).height == 48
        with pytest.raises(ConfigError, match="check its permissions"):
            reader.update(SPAN)


SECRET = "a-wrong-secret-that-nobody-may-see"
CALLS: dict[str, Callable[[InStore], object]] = {
    "update": lambda nights: nights.update(SHORT),
    "previews": lambda nights: nights.archive.update_invoice_previews(nights.client),
    "usage_history": lambda nights: nights.archive.usage_history(SHORT),
    "scan": lambda nights: nights.archive.scan(),
    "verify": lambda nights: nights.archive.verify(),
    "export": lambda nights: nights.archive.export("usage.csv"),
    "held": lambda nights: nights.archive.held(),
}
ENDPOINT = "AWS_ENDPOINT_URL"
SETTINGS: dict[str, tuple[dict[str, str | None], type[CfUsageError], str]] = {
    "key": ({"AWS_ACCESS_KEY_ID": "AKIANOSUCHKEY0123456"}, ConfigError, "does not know this key"),
    "secret": ({"AWS_SECRET_ACCESS_KEY": SECRET}, ConfigError, "check AWS_SECRET_ACCESS_KEY"),
    "no key": ({"AWS_ACCESS_KEY_ID": None}, ConfigError, "AWS_ACCESS_KEY_ID is not: set both"),
    "no secret": ({"AWS_SECRET_ACCESS_KEY": None}, ConfigError, "AWS_SECRET_ACCESS_KEY is not: set both"),
    "secret with a break": ({"AWS_SECRET_ACCESS_KEY": f"{SECRET}\n"}, ConfigError, "copy it anew"),
    "plain http": ({"AWS_ALLOW_HTTP": None}, ConfigError, "set AWS_ALLOW_HTTP to 'true'"),
    "half http": ({"AWS_ALLOW_HTTP": "maybe"}, ConfigError, "set AWS_ALLOW_HTTP to 'true'"),
    "no address": ({ENDPOINT: "127.0.0.1:9000"}, ConfigError, "AWS_ENDPOINT_URL is no plain address"),
    "address with a key": ({ENDPOINT: f"http://id:{SECRET}@h"}, ConfigError, "AWS_ENDPOINT_URL is no plain"),
    "nobody there": ({ENDPOINT: "http://127.0.0.1:9"}, TransportError, r"127\.0\.0\.1:9 gives no answer"),
    "no such name": (
        {ENDPOINT: "http://no.invalid"},
        TransportError,
        r"can't be resolved at http://no\.invalid",
    ),
    "a number": ({"timeout": "5"}, ConfigError, "check the storage options"),
    "retries": ({"max_retries": "few"}, ConfigError, "check the storage options"),
}


def check(raised: CfUsageError, options: StorageOptions) -> None:
    """Hold an error and all that hang on it against what nobody may see, and against a false alarm."""
    text = "".join(traceback.format_exception(raised)) + repr(raised) + repr(options)
    assert SECRET not in text
    assert options.get("AWS_SECRET_ACCESS_KEY", SECRET) not in text
    assert options.get("AWS_ACCESS_KEY_ID", SECRET) not in text
    assert "damaged" not in str(raised)
    assert "move it away" not in str(raised)


@pytest.mark.parametrize(("settings", "kind", "message"), SETTINGS.values(), ids=SETTINGS)
def test_a_wrong_setting_is_named(
    nights: InStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    settings: dict[str, str | None],
    kind: type[CfUsageError],
    message: str,
) -> None:
    """In every call that reaches the store, and whether it is an option or in the environment."""
    monkeypatch.chdir(tmp_path)
    options = changed(nights.options, max_retries="0") | settings
    options = StorageOptions({name: value for name, value in options.items() if value is not None})
    for call in CALLS.values():
        with pytest.raises(kind, match=message) as caught:
            call(InStore(nights.address, options))
        check(caught.value, options)

    for name, value in options.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    rest = StorageOptions({name: value for name, value in options.items() if not name.startswith("AWS_")})
    with pytest.raises(kind, match=message) as caught:
        InStore(nights.address, rest).update(SHORT)
    check(caught.value, options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_bucket_that_is_not_there_is_named(store: Store, call: Callable[[InStore], object]) -> None:
    with pytest.raises(ConfigError, match=r"no such bucket as 'nowhere'.*check its name") as caught:
        call(InStore("s3://nowhere/usage", store.options))

    check(caught.value, store.options)


def test_an_address_without_a_bucket_or_of_no_known_kind_is_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="names no bucket"):
        cfu.UsageArchive("s3://")
    with pytest.raises(ConfigError, match="check the address"):
        InStore("s4://bucket/usage", store.options).update(SHORT)


PAGE = b"<html><body>Sign in</body></html>"
ANSWERS: dict[str, tuple[Answer, type[CfUsageError], str]] = {
    "region": (
        error(400, "AuthorizationHeaderMalformed", "the region 'a' is wrong; expecting 'eu-west-1'"),
        ConfigError,
        "set AWS_REGION to 'eu-west-1'",
    ),
    "region, moved": (
        error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"),
        ConfigError,
        "AWS_REGION",
    ),
    "region of R2": (error(400, "InvalidRegionName", "Must be one of: auto"), ConfigError, "R2 to 'auto'"),
    "session": (error(400, "ExpiredToken"), ConfigError, "a new AWS_SESSION_TOKEN"),
    "clock": (error(403, "RequestTimeTooSkewed"), ConfigError, "clock is off"),
    "permission": (error(403, "AccessDenied"), ConfigError, "check its permissions"),
    "R2's refusal": (error(401, "Unauthorized"), ConfigError, "does not know this key"),
    "busy": (error(503, "SlowDown"), TransportError, "run this again"),
    "broken": (error(500, "InternalError"), TransportError, "run this again"),
    "page": ((200, PAGE, {}), ConfigError, "no store of this kind"),
    "page, not found": ((404, PAGE, {}), ConfigError, "no store of this kind"),
    "page, forbidden": ((403, PAGE, {}), ConfigError, "check its permissions"),
    "nothing": ((200, b"", {}), ConfigError, "no store of this kind"),
}


@pytest.mark.parametrize(("answer", "kind", "message"), ANSWERS.values(), ids=ANSWERS)
def test_a_wrong_answer_of_a_store_is_never_called_damage(
    store: Store, nights: InStore, answer: Answer, kind: type[CfUsageError], message: str
) -> None:
    with proxy(store.url, answering=lambda _method, _path: answer) as url:
        there = at(nights, url)
        for name in ("update", "previews", "usage_history", "verify"):
            with pytest.raises(kind, match=message) as caught:
                CALLS[name](there)
            check(caught.value, there.options)
            assert caught.value.retryable is (kind is TransportError)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(503, "SlowDown"), TransportError),
        (error(403, "AccessDenied"), ConfigError),
        ((404, PAGE, {}), ConfigError),
    ],
    ids=["busy", "denied", "page"],
)
def test_a_store_that_fails_once_the_table_is_open_says_so(
    store: Store,
    nights: InStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    answer: Answer,
    kind: type[CfUsageError],
) -> None:
    """The log can be read, and the files can't: that is where polars asks, and no longer delta-rs."""
    nights.update(SHORT)
    with proxy(store.url, answering=lambda _method, path: answer if ".parquet" in path else None) as url:
        there = at(nights, url)
        for call in (
            lambda: there.archive.usage_history(SHORT),
            lambda: there.update(SPAN),
            there.archive.verify,
            lambda: there.archive.export(tmp_path / "usage.csv"),
        ):
            with pytest.raises(kind) as caught:
                call()
            check(caught.value, there.options)
        for name, value in there.options.items():
            monkeypatch.setenv(name, value)
        if kind is ConfigError:  # a command tries again for some seconds where it may help
            assert main(["update", "--sandbox", "--archive", there.address]) == 2
            assert "damaged" not in capsys.readouterr().err

    assert list(tmp_path.iterdir()) == []
    assert nights.archive.verify()["rows"].item() == 48


def test_a_store_that_never_answers_is_given_up(nights: InStore) -> None:
    """The bound is an option's where one is given; half a minute else."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = at(nights, f"http://127.0.0.1:{silent.getsockname()[1]}")
        there.options |= {"timeout": "200ms"}
        with pytest.raises(TransportError, match="asked for up to 30 seconds"):
            there.archive.usage_history(SHORT)

    bounds = {name: value for name, value in nights.archive._options.items() if not name.startswith("AWS_")}
    assert bounds == {"connect_timeout": "5s", "timeout": "30s", "max_retries": "4", "retry_timeout": "20s"}
    assert "timeout" not in cfu.UsageArchive("usage")._options


def files(store: Store, bucket: str, suffix: str) -> list[str]:
    return [name for name in store.objects(bucket) if name.endswith(suffix)]


def _gone(_whole: bytes) -> None:
    return None


def _emptied(_whole: bytes) -> bytes:
    return b""


def _cut(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


@pytest.fixture(scope="module")
def stored(store: Store) -> InStore:
    """Store three accounts one after the other: a version that begins the table, and three with windows."""
    store.s3.create_bucket(Bucket="stored")
    nights = InStore("s3://stored/usage", store.options)
    for account_id in (SUPPORT, BATCH, RESEARCH):
        nights.update(SHORT, accounts=account_id)
    return nights


@pytest.mark.parametrize(
    ("which", "damage"),
    [
        (0, _gone),
        (0, _cut),
        (1, _gone),
        (1, _emptied),
        (2, _gone),
        ("file", _gone),
        ("file", _emptied),
        ("file", _cut),
    ],
)
def test_verifying_finds_lost_commits_and_lost_files(
    store: Store, stored: InStore, damage: Callable[[bytes], bytes | None], which: int | str
) -> None:
    """Whichever commit before the newest is lost, emptied or cut short, or the file that is in use."""
    log = stored.archive._table("hour").open()
    assert log is not None
    (file,) = log.file_uris()
    key = file.removeprefix("s3://stored/")
    if isinstance(which, int):
        key = files(store, "stored", ".json")[which]
    whole = store.s3.get_object(Bucket="stored", Key=key)["Body"].read()
    rest = damage(whole)
    if rest is None:
        store.s3.delete_object(Bucket="stored", Key=key)
    else:
        store.s3.put_object(Bucket="stored", Key=key, Body=rest)
    before = store.objects("stored")

    with pytest.raises(PayloadError, match="put a copy of it back"):
        stored.archive.compact()  # which verifies before it deletes

    assert store.objects("stored") == before
    store.s3.put_object(Bucket="stored", Key=key, Body=whole)


def test_a_log_that_is_gone_is_no_free_place(store: Store, nights: InStore, bucket: str) -> None:
    nights.update(SHORT)
    for name in files(store, bucket, ".json"):
        store.s3.delete_object(Bucket=bucket, Key=name)

    for call in ("update", "verify"):
        with pytest.raises(PayloadError, match="its log lacks its beginning"):
            CALLS[call](InStore(nights.address, nights.options))

    store.s3.put_object(Bucket=bucket, Key="other/sandbox/hour/notes.txt", Body=b"mine")
    with pytest.raises(ConfigError, match="holds something else"):
        InStore(f"s3://{bucket}/other", nights.options).update(SHORT)


def test_an_archive_in_a_folder_loads_no_object_store(tmp_path: Path) -> None:
    code = (
        "import sys; import cfusage_lab as cfu\n"
        f"archive = cfu.UsageArchive({str(tmp_path)!r}); client = cfu.UsageClient.sandbox()\n"
        "archive.update(client, cfu.last_hours(48), progress=cfu.Quiet()); archive.verify()\n"
        "print({'obstore', 'boto3'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout == "set()\n"
    assert not any("_conditional_write" in path.name for path in tmp_path.rglob("*"))

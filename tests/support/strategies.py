"""Hypothesis strategies of the core's values, with the names and texts that break things."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st
from msgspec import UNSET

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts, in_seconds
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts, joined
from collage_core.contract.distribution import Distribution
from collage_core.contract.figures import Cost, CountedWork, FailedHosts, RunFigures
from collage_core.contract.reasons import REJECTIONS, Reason
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.rejected import RejectedRow, Rejections
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.covers.rows import CoverRow

HOSTILE_NAMES = [
    "ana",
    "Ana",
    "aná",
    "ana\u0301",  # the same word as the one before, written with a combining accent
    "ana ",
    " ana",
    "a,na",
    'a"na',
    '"',
    '""',
    "a\nna",
    "a\r\nna",
    "a\rna",
    "\ufeffana",
    "🦄",
    "👩‍👩‍👧",
    "..",
    ".",
    "a/../b",
    "con",
    "=cmd",
    "x" * 400,
    "=E9",
]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
"""Any text that UTF-8 can encode."""

names = st.one_of(
    st.sampled_from(HOSTILE_NAMES),
    texts.filter(lambda name: name != "" and not name.isspace() and "\0" not in name),
)
"""Names of creators that a cover CSV can hold."""

urls = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["cdn.example", "192.0.2.7:8080", "[2001:db8::1]", "bücher.example:443"]),
    st.sampled_from(["", "/", "/a.jpg", "/b.jpg?x=1", '/q"uote,comma', "/%2B%3d|[]#part", "?x=é"]),
)

_zones = st.sampled_from(
    [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=8))]
)
_FIRST, _LAST = datetime(1970, 1, 2), datetime(2099, 12, 31)  # noqa: DTZ001 - zones come after
moments = st.datetimes(min_value=_FIRST, max_value=_LAST, timezones=_zones)

timestamps = st.datetimes(min_value=_FIRST, max_value=_LAST, timezones=st.just(UTC)).map(
    RunTimestamp.of
)

identifiers = st.text("abzAZ09._-", min_size=1, max_size=20).filter(
    lambda text: not text.startswith(".")
)

configs = st.builds(
    ProcessingConfig,
    rows=st.integers(1, 20),
    cols=st.integers(1, 20),
    quality=st.integers(1, 100),
    max_workers=st.integers(1, 64),
    timeout=st.integers(1, 300),
    max_retries=st.integers(0, 10),
)

sources = st.builds(
    CsvSource,
    bucket=st.just("tiktok-image-input"),
    key=texts.filter(bool),
    etag=st.text("0123456789abcdef", min_size=32, max_size=32),
)

prefixes = st.sampled_from(["", "manual-batch", "a/b/c"])
byte_ranges = st.tuples(st.integers(0, 10**12), st.integers(0, 10**9)).map(
    lambda start_and_size: (start_and_size[0], sum(start_and_size))
)

counts = st.integers(0, 10**9)
_failures = [reason for reason in Reason if reason not in REJECTIONS] + ["http_403", "http_503"]


@st.composite
def row_counts(draw: st.DrawFn) -> RowCounts:
    """Rows in, all of them explained."""
    parts = [draw(counts) for _ in range(5)]
    return RowCounts(sum(parts), *parts)


@st.composite
def balanced_books(draw: st.DrawFn) -> Books:
    """Books as a worker that makes no mistake writes them."""
    rejections = draw(st.dictionaries(st.sampled_from(sorted(REJECTIONS)), counts))
    failures = draw(st.dictionaries(st.sampled_from(_failures), counts))
    placed, duplicate, not_selected = (draw(counts) for _ in range(3))
    rejected, failed = sum(rejections.values()), sum(failures.values())
    outcomes = [draw(counts) for _ in range(3)]
    return Books(
        rows=RowCounts(
            placed + duplicate + not_selected + rejected + failed,
            placed,
            duplicate,
            not_selected,
            rejected,
            failed,
        ),
        reasons={str(reason): count for reason, count in (rejections | failures).items()},
        creators=CreatorCounts(sum(outcomes), *outcomes),
        objects=ObjectCounts(draw(counts), draw(counts), draw(counts)),
        seconds=in_seconds(
            draw(st.dictionaries(st.sampled_from(["fetch", "decode", "total"]), counts))
        ),
    )


cover_rows = st.builds(
    CoverRow,
    creator=names,
    url=urls,
    updated_at=st.none() | moments,
    line=st.integers(1, 10**6),
    offset=counts,
)

rejected_rows = st.builds(
    RejectedRow, line=st.integers(1, 10**6), reason=st.sampled_from(sorted(REJECTIONS)).map(str)
)

rejections = st.builds(
    Rejections,
    reasons=st.dictionaries(st.sampled_from(sorted(REJECTIONS)).map(str), counts),
    creators=counts,
    first=st.lists(rejected_rows, max_size=3),
)

creator_results = st.builds(
    CreatorResult,
    creator=names,
    outcome=st.sampled_from(Outcome),
    rows=row_counts(),
    collage_key=st.none() | st.just("collages/manual/ana_collage_20261001_000000.jpg"),
    reasons=st.just(UNSET) | st.dictionaries(st.sampled_from(["timeout", "http_404"]), counts),
)

date_counts = st.builds(
    DateCounts,
    read=counts,
    unread=counts,
    format=st.frozensets(st.sampled_from(["iso", "month/day/year", "unix seconds"])).map(joined),
)

distributions = st.lists(st.floats(0, 1e6), max_size=8).map(Distribution.of)

host_counts = st.dictionaries(
    st.sampled_from([f"cdn{number}.example" for number in range(30)]),
    st.integers(1, 10**6),
    max_size=30,
)

_millionths = st.integers(0, 10**11).map(lambda value: value / 10**6)

counted_work = st.builds(
    CountedWork,
    chunks=counts,
    invocations=counts,
    seconds=st.integers(0, 10**9).map(lambda value: value / 1000),
    puts=counts,
    lists=counts,
    gets=counts,
    queue_requests=counts,
    lambda_usd=_millionths,
    s3_usd=_millionths,
    sqs_usd=_millionths,
)

costs = st.builds(
    Cost.of,
    planned=st.floats(0, 1e5, allow_subnormal=False),
    counted=st.floats(0, 1e5, allow_subnormal=False),
    planned_seconds=st.none() | st.floats(0, 1e9, allow_subnormal=False),
    work=st.none() | counted_work,
)

run_figures = st.builds(
    RunFigures,
    failed_hosts=st.builds(
        lambda hosts, other: FailedHosts.of(hosts, failed=sum(hosts.values()) + other),
        host_counts,
        counts,
    ),
    chunk_seconds=distributions,
    covers_per_second=distributions,
    cost=st.none() | costs,
)

windows = st.builds(
    lambda start, days: Window(start, start + timedelta(days=days)),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zones come after
    st.integers(1, 60),
)

summaries = st.builds(
    RunSummary,
    run_id=identifiers,
    run_timestamp=timestamps,
    trigger=st.sampled_from(Trigger),
    source=sources,
    books=balanced_books(),
    chunks=st.integers(0, 1000),
    rejected=st.lists(rejected_rows, max_size=3),
    dates=st.none() | date_counts,
    window=st.none() | windows,
    collages_prefix=st.none() | st.just("collages/2026/10/01/sqs-trigger/"),
    figures=st.none() | run_figures,
)

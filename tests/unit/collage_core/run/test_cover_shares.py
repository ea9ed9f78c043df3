"""How many covers are kept, alive or dead is counted for a small run, and else estimated."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from msgspec.structs import replace

from collage_core.contract.csv_source import CsvSource
from collage_core.contract.pack import Pack
from collage_core.covers.chunking import ChunkSpan
from collage_core.covers.cover_csv import CONTENT_TYPE, HEADER, write_row
from collage_core.layout import keys
from collage_core.packs.archive import write_pack
from collage_core.packs.members import member_stem
from collage_core.run.cover_shares import CoverShares, cover_shares
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.plan_packs import plan_packs
from collage_core.run.run import Run
from collage_core.settings import Settings
from tests.support.kept_packs import BUCKET, close_with
from tests.support.memory_store import MemoryStore
from tests.support.runs import SOURCE, TIMESTAMP, plan

NOW = 1_790_000_000.0
TODAY = date(2026, 10, 1)
SETTINGS = Settings(keep_covers_days=40, default_rows=2, default_cols=2)
CONFIG = SETTINGS.processing_config

KEPT, ALIVE, DEAD = "kept", "alive", "dead"
type Covers = dict[str, list[str]]
"""What becomes of the covers of each creator, the newest first."""


def url(creator: str, number: int, kind: str) -> str:
    """A kept cover is dead by now, as it will be."""
    moment = NOW + (3600 if kind == ALIVE else -3600)
    return f"https://cdn.example/{creator}/{number}.jpg?x-expires={moment:.0f}&x-signature=s"


def a_run(store: MemoryStore, covers: Covers, *, per_chunk: int = 1000) -> Run[MemoryStore]:
    """A planned run of these covers, and a closed one of yesterday that has kept some of them."""
    names = sorted(covers, key=str.encode)
    kept = [
        (member_stem(name, url(name, number, kind)), name)
        for name in names
        for number, kind in enumerate(covers[name])
        if kind == KEPT
    ]
    if kept:
        close_with(store, [_pack(store, kept)])
    body, spans = HEADER, []
    for first, after in pairwise([*range(0, len(names), per_chunk), len(names)]):
        some = names[first:after]
        rows = b"".join(
            write_row(name, url(name, number, kind), "")
            for name in some
            for number, kind in enumerate(covers[name])
        )
        count = sum(len(covers[name]) for name in some)
        span = ChunkSpan(
            (len(body), len(body) + len(rows) - 1), count, len(some), 2, some[0],
            f"{first:064x}", some[-1],
        )  # fmt: skip
        spans.append(span)
        body += rows
    etag = store.put(SOURCE.bucket, SOURCE.key, body, content_type=CONTENT_TYPE)
    spec = RunSpec("r", TIMESTAMP, plan([]).trigger, CONFIG)
    csv = RunCsv(CsvSource(SOURCE.bucket, SOURCE.key, etag), spans)
    run = plan_run(store, SETTINGS, spec, csv, keep=keep_first_manifest)
    plan_packs(run, today=TODAY)
    return run


def _pack(store: MemoryStore, kept: Sequence[tuple[str, str]]) -> Pack:
    out = io.BytesIO()
    members = [(f"{stem}.jpg", b"\xff\xd8\xff.") for stem, _ in kept]
    directory_at = write_pack(out, members, datetime(2026, 9, 30, tzinfo=UTC))
    key = keys.pack(keys.packs_of_run(date(2026, 9, 30), "daily-1"), "c", 0)
    etag = store.put(BUCKET, key, out.getvalue(), content_type="application/zip")
    return Pack(
        key=key,
        etag=etag,
        bytes=len(out.getvalue()),
        directory_at=directory_at,
        covers=len(kept),
        first_creator=kept[0][1],
        last_creator=kept[-1][1],
    )


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_a_small_run_is_counted(store: MemoryStore) -> None:
    run = a_run(store, {"ana": [KEPT, KEPT, ALIVE], "bo": [DEAD], "Cy": [KEPT]})
    shares = cover_shares(run, now=NOW)
    assert shares is not None
    assert (shares.kept, shares.alive, shares.dead) == pytest.approx((0.6, 0.2, 0.2))
    assert shares.in_words == (
        "60.0% of the covers are kept, 20.0% are alive, and 20.0% are neither; "
        "from all 5 covers of 3 creators"
    )


def test_covers_that_have_no_cell_do_not_count(store: MemoryStore) -> None:
    run = a_run(store, {"ana": [KEPT] * 4 + [DEAD] * 9})
    assert cover_shares(run, now=NOW) == CoverShares(1, 0, 0, 0, 4, 1, is_counted=True)


def test_a_url_that_does_not_say_when_it_expires_counts_as_alive(store: MemoryStore) -> None:
    run = a_run(store, {"ana": [DEAD]})
    body = HEADER + b"ana,https://cdn.example/1.jpg,\n"
    etag = store.put(SOURCE.bucket, SOURCE.key, body, content_type=CONTENT_TYPE)
    (chunk,) = run.manifest.chunks
    chunk = replace(chunk, byte_range=(len(HEADER), len(body) - 1))
    source = replace(run.manifest.source, etag=etag)
    run = Run(SETTINGS, store, replace(run.manifest, chunks=[chunk], source=source))
    assert cover_shares(run, now=NOW) == CoverShares(0, 1, 0, 0, 1, 1, is_counted=True)


def test_a_pack_that_is_gone_keeps_nothing(store: MemoryStore) -> None:
    run = a_run(store, {"ana": [KEPT]})
    gone = [key for key in store.list_keys(BUCKET, keys.DOWNLOADS) if key.endswith(".zip")]
    store.delete_keys(BUCKET, gone)
    shares = cover_shares(run, now=NOW)
    assert gone
    assert shares is not None
    assert shares.dead == 1


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_finished_run_whose_csv_has_moved_has_no_shares(
    store: MemoryStore, is_gone: bool
) -> None:
    run = a_run(store, {"ana": [ALIVE]})
    if is_gone:
        store.delete_keys(SOURCE.bucket, [SOURCE.key])
    else:
        store.put(SOURCE.bucket, SOURCE.key, b"another", content_type=CONTENT_TYPE)
    assert cover_shares(run, now=NOW) is None


def test_a_run_without_covers_has_no_shares(store: MemoryStore) -> None:
    assert cover_shares(Run(SETTINGS, store, plan([])), now=NOW) is None


def many(dead_in_a_hundred: int, creators: int = 400) -> Covers:
    """Creators of whom so many have only dead covers, in no order."""
    return {
        f"c{number * 7919 % creators:04d}": [DEAD if number % 100 < dead_in_a_hundred else KEPT] * 3
        for number in range(creators)
    }


def test_a_large_run_is_estimated_and_the_truth_is_within_the_error_it_states(
    store: MemoryStore,
) -> None:
    run = a_run(store, many(30), per_chunk=8)
    shares = cover_shares(run, now=NOW)
    assert shares is not None
    assert shares == cover_shares(run, now=NOW)
    assert not shares.is_counted
    assert shares.creators == 40
    assert 0.05 < shares.error < 0.25
    assert abs(shares.dead - 0.3) <= shares.error
    assert f"(±{shares.error:.1%}, 19 times out of 20)" in shares.in_words
    assert "from a sample of 120 covers of 40 creators" in shares.in_words


@pytest.mark.thorough
@pytest.mark.parametrize(("percent", "sizes"), [(30, [3]), (5, [1, 1, 4])])
def test_the_truth_is_within_the_stated_error_nearly_always(
    store: MemoryStore, percent: int, sizes: list[int]
) -> None:
    """An error from the spread of the sample alone held in 62 of 100 draws, if creators differ."""
    covers = {
        name: kinds[:1] * sizes[number % len(sizes)]
        for number, (name, kinds) in enumerate(many(percent, creators=200).items())
    }
    kinds = [kind for all_of_one in covers.values() for kind in all_of_one]
    truth = kinds.count(DEAD) / len(kinds)
    run = a_run(store, covers, per_chunk=4)
    drawn = [cover_shares(run, now=NOW, seed=str(number)) for number in range(20)]
    held = [abs(each.dead - truth) <= each.error for each in drawn if each is not None]
    assert sum(held) >= 18


def test_a_sample_without_dead_covers_does_not_say_that_there_are_none(store: MemoryStore) -> None:
    run = a_run(store, many(0), per_chunk=8)
    shares = cover_shares(run, now=NOW)
    assert shares is not None
    assert shares.dead == 0
    assert 0.05 < shares.error < 0.10


def test_creators_of_chunks_with_many_stand_for_as_many(store: MemoryStore) -> None:
    """One chunk has ten creators with many covers, the other hundreds with one each."""
    covers: Covers = {f"a{number}": [ALIVE] * 4 for number in range(10)}
    covers |= {f"b{number:03d}": [DEAD] for number in range(390)}
    run = a_run(store, covers, per_chunk=200)
    shares = cover_shares(run, now=NOW)
    assert shares is not None
    assert abs(shares.dead - 390 / 430) <= shares.error

"""The table of chunks: each is in one state, and only the documents of a page are read."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from collage_core.layout import keys
from collage_core.views.chunks import PER_PAGE, ChunkPage, ChunkState, read_chunks
from tests.support.viewed_runs import SETTINGS, TEMP, ViewedRun, many_chunks

STALE = SETTINGS.stale_seconds + 1


def chunks_of(run: ViewedRun, state: ChunkState | None = None, page: int = 1) -> ChunkPage:
    """The table now; the store counts what it takes beyond the view."""
    view = run.view()
    run.store.forget_requests()
    return read_chunks(run.store, SETTINGS, view, state=state, page=page)


@pytest.fixture
def run() -> ViewedRun:
    """One chunk in each state, and one whose worker was killed; then a second waiting one."""
    run = ViewedRun(many_chunks(7, 2))
    run.plan()
    run.work_at(5, "creator-00005-001")
    run.seconds = STALE
    run.finish(0)
    run.work_at(1, "creator-00001-000", "creator-00001-001")
    run.fail(2)
    run.put(keys.set_aside(run.run_id, run.ids[3], "a1b2"), b"{}")
    return run


STATES = [
    ChunkState.DONE,
    ChunkState.AT_WORK,
    ChunkState.FAILED,
    ChunkState.SET_ASIDE,
    ChunkState.WAITING,
    ChunkState.FAILED,
    ChunkState.WAITING,
]


def test_each_chunk_is_in_the_state_that_its_objects_show(run: ViewedRun) -> None:
    found = chunks_of(run)
    assert [row.state for row in found.rows] == STATES
    assert [row.number for row in found.rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row.chunk for row in found.rows] == [*run.manifest.chunks]
    assert found.by_state == {
        ChunkState.DONE: 1, ChunkState.AT_WORK: 1, ChunkState.FAILED: 2,
        ChunkState.SET_ASIDE: 1, ChunkState.WAITING: 2,
    }  # fmt: skip


def test_a_chunk_says_what_became_of_it(run: ViewedRun) -> None:
    done, at_work, failed, set_aside, waiting, killed, _ = chunks_of(run).rows
    assert done.done_at == run.moment
    assert done.books is not None
    assert (done.books.rows.total, done.books.rows.placed) == (4, 4)
    assert done.books.seconds == {"total": 1.5}
    assert at_work.worker is not None
    assert at_work.worker.under_way == ["creator-00001-000", "creator-00001-001"]
    assert (at_work.seen_at, at_work.worker_died) == (run.moment, False)
    assert failed.failed is not None
    assert (failed.failed.attempt, failed.failed.error) == (2, "SourceChangedError")
    assert failed.failed_at == run.moment
    assert set_aside.times_set_aside == 1
    assert (waiting.books, waiting.failed, waiting.worker, waiting.round) == (None, None, None, 1)
    assert killed.worker_died
    assert killed.worker is not None
    assert killed.worker.under_way == ["creator-00005-001"]


def test_a_worker_that_failed_after_it_was_seen_was_not_killed(run: ViewedRun) -> None:
    run.seconds += 1
    run.fail(5)
    row = chunks_of(run).rows[5]
    assert (row.state, row.worker_died) == (ChunkState.FAILED, False)


@pytest.mark.parametrize("state", [*ChunkState])
def test_the_table_can_show_one_state_alone(run: ViewedRun, state: ChunkState) -> None:
    found = chunks_of(run, state)
    numbers = [number for number, its in enumerate(STATES, start=1) if its is state]
    assert [row.number for row in found.rows] == numbers
    assert found.total == len(numbers)
    assert sum(found.by_state.values()) == len(STATES)


def test_a_chunk_that_is_done_again_says_in_which_round_it_is() -> None:
    run = ViewedRun(many_chunks(1, 2))
    chunk = replace(run.manifest.chunks[0], chunk_id=f"{run.ids[0]}-r3")
    run.manifest = replace(run.manifest, chunks=[chunk])
    run.plan()
    assert chunks_of(run).rows[0].round == 3


def test_documents_are_read_only_of_the_chunks_on_the_page() -> None:
    run = ViewedRun(many_chunks(250, 1))
    run.plan()
    run.finish(*range(249))
    run.fail(249)
    first, last = chunks_of(run), chunks_of(run, page=3)
    assert len(first.rows) == PER_PAGE
    assert (first.page, first.pages, first.total) == (1, 3, 250)
    assert [row.number for row in last.rows] == [*range(201, 251)]
    assert run.store.requests == 50
    assert len(run.store.gets) == 50


@pytest.mark.parametrize(("asked", "shown"), [(-1, 1), (0, 1), (3, 3), (4, 3), (10**9, 3)])
def test_a_page_that_is_not_there_gives_the_nearest(asked: int, shown: int) -> None:
    run = ViewedRun(many_chunks(201, 1))
    run.plan()
    assert chunks_of(run, page=asked).page == shown


def test_a_receipt_that_cannot_be_read_is_named_and_the_table_is_shown(run: ViewedRun) -> None:
    key = keys.receipt(run.run_id, run.ids[0])
    body = run.store.objects[TEMP, key]
    run.put(key, body.replace(b'"schema_version": 1', b'"schema_version": 2'))
    found = chunks_of(run)
    assert found.rows[0].state is ChunkState.DONE
    assert found.rows[0].books is None
    assert [one.key for one in found.unreadable] == [key]


def test_a_receipt_of_a_closed_run_that_is_gone_has_expired_and_does_not_wait() -> None:
    run = ViewedRun(many_chunks(3, 1))
    run.plan()
    run.work_at(1)
    run.finish(0, 1, 2)
    run.close()
    run.store.delete_keys(TEMP, [keys.receipt(run.run_id, run.ids[1])])
    run.seconds = timedelta(days=2).total_seconds()
    found = chunks_of(run)
    assert [row.state for row in found.rows] == [
        ChunkState.DONE, ChunkState.EXPIRED, ChunkState.DONE,
    ]  # fmt: skip
    assert not found.rows[1].worker_died


def test_a_run_whose_chunks_have_expired_has_an_empty_table(run: ViewedRun) -> None:
    run.store.expire(TEMP)
    found = chunks_of(run)
    assert (found.rows, found.total, found.pages) == ((), 0, 1)
    assert run.store.requests == 0

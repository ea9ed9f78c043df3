"""A page says truly what a run is at, in at most five requests."""

from dataclasses import replace as dataclass_replace
from datetime import timedelta

import pytest
from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, RowCounts
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.stop import stop
from collage_core.views.run_state import RunState
from collage_core.views.run_view import RunView, read_run
from tests.support.bucket_objects import CountingStore
from tests.support.runs import TIMESTAMP, plan, receipt
from tests.support.viewed_runs import OUTPUT, SETTINGS, TEMP, ViewedRun, many_chunks

CHUNKS = [{"ana": 3, "bo": 2}, {"cy": 4}, {"dee": 1}]


@pytest.fixture
def run() -> ViewedRun:
    return ViewedRun(CHUNKS)


@pytest.fixture
def planned(run: ViewedRun) -> ViewedRun:
    run.plan()
    return run


@pytest.fixture
def done(planned: ViewedRun) -> ViewedRun:
    planned.finish(0, 1, 2)
    return planned


def estimate(run_id: str) -> RunEstimate:
    return RunEstimate(
        run_id=run_id, usd=1.9, keeping_usd=0, function_seconds=9, seconds=60, covers=10,
        seconds_per_cover=0.01, failed_share=0, rates="built in",
    )  # fmt: skip


def test_a_run_of_which_nothing_is_there_is_unknown(run: ViewedRun) -> None:
    seen = run.view()
    assert seen.state is RunState.UNKNOWN
    assert not seen.is_expired
    assert (seen.manifest, seen.summary, seen.progress, seen.rows) == (None, None, None, None)


def test_a_run_that_has_its_second_and_no_plan_is_not_planned_yet(run: ViewedRun) -> None:
    run.put(keys.claim(TIMESTAMP), run.run_id.encode(), bucket=OUTPUT)
    assert run.view().state is RunState.NOT_PLANNED
    assert run.store.requests == 5


def test_the_second_of_another_run_says_nothing_of_this_one(run: ViewedRun) -> None:
    run.put(keys.claim(TIMESTAMP), b"another-run", bucket=OUTPUT)
    assert run.view().state is RunState.UNKNOWN


def test_a_run_that_nobody_has_begun_is_planned(planned: ViewedRun) -> None:
    seen = planned.view()
    assert seen.state is RunState.PLANNED
    assert (seen.rows, seen.creators, seen.chunks, seen.rows_done) == (10, 4, 3, 0)
    assert seen.progress is not None
    assert (seen.progress.done, seen.progress.total) == (0, 3)


def test_a_run_that_a_worker_is_at_is_working_and_says_how_far_it_is(planned: ViewedRun) -> None:
    planned.put(keys.estimate(planned.run_id), estimate(planned.run_id))
    planned.seconds = 300
    planned.finish(0)
    planned.fail(1)
    planned.seconds = 600
    planned.work_at(2)
    seen = planned.view()
    assert seen.state is RunState.WORKING
    assert seen.progress is not None
    assert (seen.progress.done, seen.progress.at_work, seen.progress.failing) == (1, 1, 1)
    assert seen.progress.per_minute == 1 / 6
    assert seen.rows_done == 5
    assert seen.estimate == estimate(planned.run_id)
    assert planned.store.requests == 5


def test_a_run_of_which_a_part_is_done_and_that_nobody_is_at_waits(planned: ViewedRun) -> None:
    planned.finish(0)
    planned.work_at(1)
    planned.seconds = SETTINGS.stale_seconds + 1
    assert planned.view().state is RunState.WAITING


def test_a_run_that_is_planned_again_says_so(planned: ViewedRun) -> None:
    planned.finish(0)
    planned.put(keys.planning(planned.run_id), b"{}")
    assert planned.view().state is RunState.PLANNING_AGAIN


@pytest.mark.parametrize("which", ["the run", "all runs"])
def test_a_stopped_run_says_who_stopped_it(planned: ViewedRun, which: str) -> None:
    planned.work_at(0)
    run_id = planned.run_id if which == "the run" else None
    stop(planned.store, SETTINGS, run_id, "ana stopped it; clear dispatch")
    seen = planned.view()
    assert seen.state is RunState.STOPPED
    assert seen.stop is not None
    assert (seen.stop.run_id, seen.stop.reason) == (run_id, "ana stopped it; clear dispatch")


def test_a_stop_that_cannot_be_read_stops_too(planned: ViewedRun) -> None:
    planned.put(keys.stop(None), b"{")
    seen = planned.view()
    assert seen.state is RunState.STOPPED
    assert seen.stop is not None
    assert keys.stop(None) in seen.stop.reason


def test_a_run_of_which_all_is_done_and_no_book_is_closed_is_done(done: ViewedRun) -> None:
    stop(done.store, SETTINGS, None, "too late for this run")
    seen = done.view()
    assert seen.state is RunState.DONE
    assert (seen.summary, seen.stop) == (None, None)


def test_a_closed_run_has_its_summary_and_its_chunks(done: ViewedRun) -> None:
    closed = done.close()
    seen = done.view()
    assert seen.state is RunState.COMPLETE
    assert seen.state.is_closed
    assert seen.summary == closed.summary
    assert [*seen.receipt_times] == sorted(done.ids)
    assert (seen.progress, seen.is_expired) == (None, False)
    assert (seen.rows, seen.creators, seen.chunks, seen.rows_done) == (10, 4, 3, 10)


def test_a_run_is_found_beside_another_one_of_its_second(done: ViewedRun) -> None:
    other = ViewedRun(CHUNKS, manifest=plan(CHUNKS, run_id="monthly-2"))
    other.store = done.store
    other.plan()
    other.finish(0, 1, 2)
    other.close()
    closed = done.close()
    assert closed.summary_key == keys.processing_summary(TIMESTAMP, done.run_id)
    seen = done.view()
    assert seen.summary == closed.summary


def with_failed_covers(run: ViewedRun, failed: int, reason: str = "timeout") -> None:
    """The receipts of all chunks. So many covers of the first creator failed."""
    run.finish(1, 2)
    chunk = run.manifest.chunks[0]
    rows = RowCounts(total=5, placed=5 - failed, failed=failed)
    results = [
        CreatorResult("ana", Outcome.FAILED, replace(rows, total=3, placed=3 - failed), None),
        CreatorResult("bo", Outcome.COMPLETE, RowCounts(total=2, placed=2), "collages/bo"),
    ]
    books = Books(rows=rows, reasons={reason: failed}, creators=CreatorCounts(2, 1, 0, 1))
    document = receipt(run.manifest, chunk, {})
    document = replace(document, books=books, results=results, failed_hosts={"cdn.example": failed})
    run.put(keys.receipt(run.run_id, chunk.chunk_id), document)


def test_a_closed_run_of_which_covers_are_missing_is_partial(planned: ViewedRun) -> None:
    with_failed_covers(planned, 3)
    planned.close()
    assert planned.view().state is RunState.PARTIAL


def test_a_closed_run_without_a_row_is_empty() -> None:
    run = ViewedRun([])
    run.plan()
    run.close()
    seen = run.view()
    assert seen.state is RunState.EMPTY
    assert (seen.rows, seen.chunks) == (0, 0)


def test_a_closed_run_without_a_cover_has_failed() -> None:
    run = ViewedRun([{"ana": 1}])
    run.plan()
    chunk, rows = run.manifest.chunks[0], RowCounts(total=1, failed=1)
    books = Books(rows=rows, reasons={"timeout": 1}, creators=CreatorCounts(1, 0, 0, 1))
    document = replace(
        receipt(run.manifest, chunk, {}),
        books=books,
        results=[CreatorResult("ana", Outcome.FAILED, rows)],
        failed_hosts={"cdn.example": 1},
    )
    run.put(keys.receipt(run.run_id, chunk.chunk_id), document)
    run.close()
    tolerant = dataclass_replace(SETTINGS, fail_above_percent=100)
    assert run.view(tolerant).state is RunState.FAILED


def test_a_closed_run_of_which_too_many_covers_failed_says_so(planned: ViewedRun) -> None:
    with_failed_covers(planned, 3)
    planned.close()
    strict = dataclass_replace(SETTINGS, fail_above_percent=29)
    assert planned.view(strict).state is RunState.TOO_MANY_FAILED
    exact = dataclass_replace(SETTINGS, fail_above_percent=30)
    assert planned.view(exact).state is RunState.PARTIAL


def test_a_run_that_has_only_a_record_is_closed_and_expired(done: ViewedRun) -> None:
    closed = done.close()
    done.store.expire(TEMP)
    seen = done.view()
    assert seen.state is RunState.COMPLETE
    assert seen.is_expired
    assert seen.summary == closed.summary
    assert seen.manifest == done.manifest
    assert (seen.look, seen.progress, seen.rows_done) == (None, None, 0)
    assert done.store.requests <= 5


def test_a_record_without_a_summary_is_of_a_closing_that_was_cut_off(done: ViewedRun) -> None:
    closed = done.close()
    done.store.delete_keys(OUTPUT, [closed.summary_key])
    done.store.expire(TEMP)
    seen = done.view()
    assert seen.state is RunState.RECORDED
    assert seen.is_expired


def test_a_folder_that_expires_receipts_first_is_of_a_closed_run(done: ViewedRun) -> None:
    done.close()
    done.store.delete_keys(TEMP, [keys.receipt(done.run_id, done.ids[0])])
    done.seconds = timedelta(days=7).total_seconds()
    seen = done.view()
    assert seen.state is RunState.COMPLETE
    assert seen.is_expired


def test_a_chunk_that_waits_for_another_round_for_days_is_of_no_expired_run(
    done: ViewedRun,
) -> None:
    done.close()
    first, *others = done.manifest.chunks
    again = replace(first, chunk_id=f"{first.chunk_id}-r2")
    done.manifest = replace(done.manifest, chunks=[again, *others])
    done.plan()
    done.store.delete_keys(TEMP, [keys.receipt(done.run_id, first.chunk_id)])
    done.seconds = timedelta(days=2).total_seconds()
    assert done.view().state is RunState.WAITING


def test_a_plan_of_which_nothing_is_begun_for_days_may_be_of_a_closed_run(
    done: ViewedRun,
) -> None:
    done.seconds = timedelta(days=2).total_seconds()
    assert done.view().state is RunState.DONE
    done.close()
    done.store.delete_keys(TEMP, [keys.receipt(done.run_id, each) for each in done.ids])
    seen = done.view()
    assert (seen.state, seen.is_expired) == (RunState.COMPLETE, True)


def test_a_plan_that_waits_for_days_stays_planned(planned: ViewedRun) -> None:
    planned.seconds = timedelta(days=2).total_seconds()
    assert planned.view().state is RunState.PLANNED


def test_a_run_of_which_every_attempt_failed_waits(planned: ViewedRun) -> None:
    planned.fail(0)
    seen = planned.view()
    assert seen.state is RunState.WAITING
    assert seen.progress is not None
    assert seen.progress.failing == 1
    assert planned.store.requests == 5


def test_a_chunk_that_is_done_again_makes_a_closed_run_work(done: ViewedRun) -> None:
    done.close()
    done.store.delete_keys(TEMP, [keys.receipt(done.run_id, done.ids[0])])
    done.work_at(0)
    assert done.view().state is RunState.WORKING


def test_a_run_that_only_keeps_covers_has_its_summary_in_the_temp_bucket() -> None:
    manifest = replace(plan(CHUNKS), keep_only=True)
    run = ViewedRun(CHUNKS, manifest=manifest)
    run.plan()
    assert run.view().keeps_only
    run.finish(0, 1, 2)
    closed = run.close()
    seen = run.view()
    assert seen.state is RunState.COMPLETE
    assert seen.keeps_only
    assert seen.summary == closed.summary
    assert run.store.requests <= 5


def test_dead_urls_are_no_fault_of_a_run_that_only_keeps_covers() -> None:
    run = ViewedRun(CHUNKS, manifest=replace(plan(CHUNKS), keep_only=True))
    run.plan()
    with_failed_covers(run, 3, "http_404")
    run.close()
    strict = dataclass_replace(SETTINGS, fail_above_percent=0)
    assert run.view(strict).state is RunState.PARTIAL


def test_receipts_that_were_set_aside_are_counted_by_their_chunk(planned: ViewedRun) -> None:
    first, second = planned.ids[:2]
    for chunk_id, etag in ((first, "a1"), (first, "b2-3"), (second, "c3")):
        planned.put(keys.set_aside(planned.run_id, chunk_id, etag), b"{}")
    assert planned.view().set_aside == {first: 2, second: 1}


NEWER = b'"schema_version": 1'


def of_a_newer_release(run: ViewedRun, bucket: str, key: str) -> None:
    body = run.store.objects[bucket, key]
    assert NEWER in body
    run.put(key, body.replace(NEWER, b'"schema_version": 2'), bucket=bucket)


def unreadable(seen: RunView) -> list[tuple[str, str]]:
    return [(one.bucket, one.key) for one in seen.unreadable]


def test_an_unreadable_plan_is_named_and_the_summary_is_shown(done: ViewedRun) -> None:
    closed = done.close()
    of_a_newer_release(done, TEMP, keys.manifest(done.run_id))
    seen = done.view()
    assert seen.state is RunState.COMPLETE
    assert seen.summary == closed.summary
    assert unreadable(seen) == [(TEMP, keys.manifest(done.run_id))]
    assert "schema_version" in seen.unreadable[0].reason


def test_an_unreadable_plan_of_a_run_without_a_summary_hides_its_state(planned: ViewedRun) -> None:
    planned.put(keys.manifest(planned.run_id), b"[1,")
    seen = planned.view()
    assert seen.state is RunState.UNREADABLE
    assert unreadable(seen) == [(TEMP, keys.manifest(planned.run_id))]


def test_an_unreadable_summary_is_named_and_the_plan_is_shown(done: ViewedRun) -> None:
    closed = done.close()
    of_a_newer_release(done, OUTPUT, closed.summary_key)
    seen = done.view()
    assert seen.state is RunState.UNREADABLE
    assert seen.manifest == done.manifest
    assert len(seen.receipt_times) == 3
    assert unreadable(seen) == [(OUTPUT, closed.summary_key)]


def test_an_unreadable_estimate_hides_nothing_else(done: ViewedRun) -> None:
    key = keys.estimate(done.run_id)
    done.put(key, b"{}")
    seen = done.view()
    assert seen.state is RunState.DONE
    assert seen.estimate is None
    assert unreadable(seen) == [(TEMP, key)]


def test_a_run_that_is_asked_for_with_another_second_is_not_shown_as_if_it_were_it(
    done: ViewedRun,
) -> None:
    done.close()
    seen = done.view(timestamp=RunTimestamp.parse("20261001_000009"))
    assert seen.state is RunState.UNREADABLE
    assert seen.manifest is None
    assert "20261001_000000" in seen.unreadable[0].reason


@pytest.mark.parametrize("hostile", ["", "..", "../all", "a/b", "<script>", "ä", "a\n", "x" * 201])
def test_what_cannot_be_a_run_is_refused_before_any_request(run: ViewedRun, hostile: str) -> None:
    with pytest.raises(MessageError, match="run_id is"):
        read_run(run.store, SETTINGS, hostile, TIMESTAMP, now=run.moment)
    assert run.store.requests == 0


class RefusedError(Exception):
    """What a bucket that may not be read says."""


def test_errors_of_the_store_are_raised_as_they_are(run: ViewedRun) -> None:
    class Closed(CountingStore):
        def get(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise RefusedError

    with pytest.raises(RefusedError):
        read_run(Closed(), SETTINGS, run.run_id, TIMESTAMP, now=run.moment)


@pytest.fixture(scope="module")
def large() -> ViewedRun:
    """1,000 chunks, each with a document about its packs and a partial receipt."""
    run = ViewedRun(many_chunks(1000, 1))
    run.plan()
    run.put(keys.estimate(run.run_id), estimate(run.run_id))
    for chunk_id in run.ids:
        run.put(keys.packs_of_chunk(run.run_id, chunk_id), b"{}")
        run.put(keys.partial_receipt(run.run_id, chunk_id), b"{}")
    return run


def test_a_run_of_1000_chunks_takes_five_requests_in_every_state(large: ViewedRun) -> None:
    taken = {}

    def look() -> None:
        seen = large.view()
        taken[seen.state] = large.store.requests

    look()
    large.finish(*range(990))
    for number in range(990, 1000):
        large.work_at(number)
        large.fail(number)
    look()
    large.seconds = 600
    look()
    large.store.delete_keys(TEMP, [keys.chunk_at_work(large.run_id, each) for each in large.ids])
    large.finish(*range(990, 1000))
    look()
    large.close()
    look()
    large.store.expire(TEMP)
    look()
    assert set(taken) == {
        RunState.PLANNED, RunState.WORKING, RunState.WAITING, RunState.DONE, RunState.COMPLETE,
    }  # fmt: skip
    assert max(taken.values()) <= 5


def test_each_further_1000_chunks_take_one_request() -> None:
    taken = []
    for chunks in (1000, 2000, 3000):
        run = ViewedRun(many_chunks(chunks, 1))
        run.plan()
        run.finish(*range(chunks))
        assert len(run.view().receipt_times) == chunks
        taken.append(run.store.requests)
    assert taken == [taken[0], taken[0] + 1, taken[0] + 2]


@pytest.mark.parametrize("state", [*RunState])
def test_each_state_has_a_sentence_of_its_own(state: RunState) -> None:
    others = {other.in_words for other in RunState if other is not state}
    assert state.in_words not in others
    assert not (state.is_closed and state.is_moving)

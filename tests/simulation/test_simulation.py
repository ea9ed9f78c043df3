"""Schedules of the simulation, and whether it would see what it is there for."""

import gc
from collections.abc import Iterator, Sequence

import pytest
from msgspec.structs import replace

from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.covers.chunk_ids import name_chunks
from collage_core.covers.chunking import ChunkSpan
from collage_core.layout import keys
from collage_core.run.stop_request import StopRequest
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from tests.simulation.airflow import RUN_ID, DagRun
from tests.simulation.world import in_silence, simulate

_TOGETHER = 500

_COLLAGES_TOGETHER = 20


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with in_silence():
        yield
    gc.collect()


def _wrong(seeds: range, product: str = "lists") -> list[str]:
    """What was violated, and the command that shows how."""
    options = "" if product == "lists" else f" --product {product}"
    return [
        f"python -m tests.simulation --replay {seed}{options}: {violation}"
        for seed in seeds
        for violation in simulate(seed, product=product).violations
    ]


def test_a_hundred_schedules_end_with_books_that_equal_the_bucket() -> None:
    assert not _wrong(range(100))


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(0, 2_000, _TOGETHER))
def test_schedules_end_with_books_that_equal_the_bucket(first: int) -> None:
    assert not _wrong(range(first, first + _TOGETHER))


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(0, 200, _COLLAGES_TOGETHER))
def test_schedules_with_real_collages_show_what_their_metadata_says(first: int) -> None:
    assert not _wrong(range(first, first + _COLLAGES_TOGETHER), "collages")


@pytest.mark.parametrize("seed", range(12))
def test_a_seed_is_the_same_schedule_each_time(seed: int) -> None:
    first: list[str] = []
    second: list[str] = []

    outcomes = [simulate(seed, trace=trace.append) for trace in (first, second)]

    assert first == second
    assert outcomes[0] == outcomes[1] == simulate(seed)


def test_schedules_differ_and_have_all_kinds_of_faults() -> None:
    lines: list[str] = []
    for seed in range(150):
        simulate(seed, trace=lines.append)

    text = "\n".join(lines)
    for fault in (
        "is killed before",
        "is killed after",
        "is killed: its time is up",
        "SlowDown",
        "ConditionalRequestConflict",
        "done, but answered InternalError",
        "done, and sent again",
        "freezes for",
        "AccessDenied",
        "goes to the dead-letter queue",
        "changes rows",
        "clear extract",
        "clear dispatch",
        "clear reconcile",
        "removes processing/",
        "spoils processing/",
        "drops csv-files/",
        "PreconditionFailed",
        "(kills, ",
        "is stopped",
        "goes on",
        "sends again: ['",
        "redrives monthly-1",
    ):
        assert fault in text, f"no schedule has it: {fault}"


@pytest.fixture
def _compares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close runs without a look at the bucket, which would put right what is wrong."""
    monkeypatch.setattr("collage_core.run.close.equal_bucket", lambda _, receipts: receipts)


@pytest.mark.usefixtures("_compares_nothing")
def test_without_conditional_writes_it_finds_collages_that_differ_from_their_books() -> None:
    assert "W2" in _found(is_conditional=False)


@pytest.mark.usefixtures("_compares_nothing")
def test_if_nothing_is_compared_at_the_end_it_finds_objects_of_replaced_plans() -> None:
    assert "W1" in _found()


def test_if_chunks_are_named_by_their_etag_it_finds_covers_that_are_paid_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def named(spans: Sequence[ChunkSpan], plan: Manifest) -> Sequence[Chunk]:
        chunks = name_chunks(spans, plan)
        return [
            replace(chunk, chunk_id=f"{plan.source.etag}-{index}")
            for index, chunk in enumerate(chunks)
        ]

    monkeypatch.setattr("collage_core.run.plan.name_chunks", named)
    assert "W7" in _found()


@pytest.fixture
def _dispatch_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has read that the run may go on, and a person who only stops runs has time to stop it."""
    read = DagRun._variable

    def read_and_stand_still(dag: DagRun) -> StopRequest:
        request = read(dag)
        if dag.step == "dispatch":
            dag._network.scheduler.sleep(400.0)
        return request

    monkeypatch.setattr(DagRun, "_variable", read_and_stand_still)
    monkeypatch.setattr("tests.simulation.person._ACTS", ("stop",))


@pytest.mark.usefixtures("_dispatch_stands_still")
def test_a_run_that_is_stopped_while_dispatch_stands_still_stays_stopped() -> None:
    assert not _wrong(range(60))


@pytest.mark.usefixtures("_dispatch_stands_still")
def test_if_a_stop_is_lifted_that_nobody_has_seen_it_finds_covers_of_a_stopped_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lift_whatever_is_there(store: ObjectStore, settings: Settings, _: object) -> None:
        store.delete_keys(settings.temp_bucket, [keys.stop(RUN_ID)])

    monkeypatch.setattr("collage_core.run.dispatch.see_stop", lambda *_: "whatever is there")
    monkeypatch.setattr("collage_core.run.dispatch.go_on", lift_whatever_is_there)
    assert "of a stopped run was fetched" in "\n".join(_wrong(range(60)))


def _found(*, is_conditional: bool = True) -> str:
    return "\n".join(
        violation
        for seed in range(200)
        for violation in simulate(seed, is_conditional=is_conditional).violations
    )

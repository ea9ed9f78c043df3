"""CSVs that are dropped again while the function is at work on them, without Airflow."""

from uuid import uuid4

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from local.settings import INPUT_BUCKET
from tests.support.failures import Where, failure
from tests.support.task_by_task import FaultWorld, verify_run
from tests.support.waiting import eventually

NAMES = [f"dropped.{number:02d}" for number in range(1, 9)]
HEADER = "creator_name,cover_url,updated_at\n"


def csv(world: FaultWorld, names: list[str]) -> bytes:
    lines = [f"{name},{world.url(name)},2026-10-01T00:00:00Z\n" for name in names]
    return "".join([HEADER, *lines]).encode()


def drop(world: FaultWorld, key: str, text: bytes) -> None:
    world.store.put(INPUT_BUCKET, key, text, content_type="text/csv")


def summaries(world: FaultWorld, key: str) -> list[tuple[RunTimestamp, str, int]]:
    """Second, id and rows of each run of a CSV that is closed."""
    return sorted(
        (one.run_timestamp, one.run_id, one.books.rows.total)
        for one in world.summaries()
        if one.source.key == key
    )


@failure(
    Where.CSV,
    fault="Another CSV is dropped under the same key while the first one is worked on",
    happens="Both are runs of their own; the first ends with its own rows",
    sees='two summaries; the function\'s log: "was replaced during its run"',
    fix="nothing",
)
def test_a_csv_that_replaces_one_at_work_is_a_run_of_its_own(fault_world: FaultWorld) -> None:
    key = f"csv-files/{uuid4().hex}/mine.csv"
    fault_world.answer_all(NAMES, covers=1)
    held = fault_world.hold(NAMES[0])
    drop(fault_world, key, csv(fault_world, NAMES))
    held.wait()
    drop(fault_world, key, csv(fault_world, NAMES[4:]))
    eventually(lambda: len(summaries(fault_world, key)) == 1)
    held.let_go()
    found = eventually(lambda: _two(summaries(fault_world, key)))
    assert sorted(rows for _, _, rows in found) == [4, 8]
    eventually(lambda: fault_world.store.head(INPUT_BUCKET, key) is None)
    for second, run_id, _ in found:
        verify_run(fault_world.store, second, run_id)
    done = [keys.done_upload(key, second) for second, _, _ in found]
    assert sum(fault_world.store.head(INPUT_BUCKET, one) is not None for one in done) == 1


def _two[T](found: list[T]) -> list[T] | None:
    return found if len(found) == 2 else None

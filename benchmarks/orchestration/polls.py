"""What a look at a run asks of S3, when none, half and all of its chunks are done."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.orchestration.counted_race import CountedResult, contender, counted_race
from benchmarks.orchestration.planned_run import plan_run, write_receipts
from benchmarks.orchestration.servers import Servers
from collage_core.run.prices import DOLLARS_PER_GET, DOLLARS_PER_PUT

_RUN_ID = "looked-at-20261101_000000"


@dataclass(frozen=True, slots=True)
class Poll:
    """A look at the run by every contender; the product's is the first."""

    done: int
    """Chunks that have their receipt."""
    results: Sequence[CountedResult]


def measure_polls(servers: Servers, *, chunks: int, rows: int, rounds: int) -> list[Poll]:
    """The looks in the order of the run. Raises BenchmarkError when one does not see what is there.

    Chunks get done in their order. Whoever remembers what it has seen done has seen, before the
    last look, all but the last chunk.
    """
    store = servers.store
    manifest = plan_run(store, _RUN_ID, chunks=chunks, rows=rows)
    polls, written = [], 0
    for done, seen in ((0, 0), (chunks // 2, chunks // 2), (chunks, chunks - 1)):
        write_receipts(store, _RUN_ID, manifest.chunks[written:done])
        written = done
        over = done == chunks
        results = counted_race(
            servers,
            _RUN_ID,
            [
                contender("wait", "look"),
                contender("a HEAD for each chunk not seen done", "heads", seen),
                contender("S3KeySensor, mapped over the chunks", "mapped_sensors", seen),
                contender("one S3KeySensor of all keys", "one_sensor"),
            ],
            rounds=rounds,
            check=lambda answer, over=over: (  # type: ignore[misc]
                None if answer is over else f"it says {answer} where {over} is true"
            ),
        )
        polls.append(Poll(done, results))
    return polls


def dollars(result: CountedResult) -> float:
    """What S3 charges for the requests of a look: a listing costs as much as a PUT."""
    lists = result.requests.get("ListObjectsV2", 0)
    return lists * DOLLARS_PER_PUT + (result.all_requests - lists) * DOLLARS_PER_GET

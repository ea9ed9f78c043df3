"""How much was done over time, by when the receipts were written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collage_core.views.run_view import RunView

MOST_STEPS = 60

_LENGTHS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(1, 2, 5, 10, 15, 30),
        *(60, 120, 300, 600, 900, 1800),
        *(3600, 7200, 10800, 21600, 43200, 86400),
    )
)
"""Of a step: seconds, minutes and hours as clocks have them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """What was done in one step of time."""

    begins: datetime
    """In UTC."""
    chunks: int
    """Chunks that got their receipt."""
    rows: int
    """Rows of these chunks, as they were planned."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Steps of equal length without a gap, the oldest first."""

    step: timedelta
    """The length of each."""
    steps: Sequence[Step]
    """At most MOST_STEPS; the first and the last have at least one chunk."""


def throughput(view: RunView) -> Throughput | None:
    """The throughput of a run; None if no receipt of it is known. No request."""
    times = view.receipt_times
    if not times or view.manifest is None:
        return None
    first, last = min(times.values()), max(times.values())
    length = _length(first, last)
    begin, count = _place(first, length), _place(last, length) - _place(first, length) + 1
    chunks: Counter[int] = Counter()
    rows: Counter[int] = Counter()
    for chunk in view.manifest.chunks:
        if (at := times.get(chunk.chunk_id)) is not None:
            place = _place(at, length) - begin
            chunks[place] += 1
            rows[place] += chunk.rows
    return Throughput(
        length,
        [
            Step(_EPOCH + (begin + place) * length, chunks[place], rows[place])
            for place in range(count)
        ],
    )


def _place(at: datetime, length: timedelta) -> int:
    """Which step of this length, counted from the epoch, a moment is in."""
    return (at - _EPOCH) // length


def _length(first: datetime, last: datetime) -> timedelta:
    """The shortest length with which there are not too many steps."""
    for length in _LENGTHS:
        if _place(last, length) - _place(first, length) < MOST_STEPS:
            return length
    days = (last - first) // timedelta(days=MOST_STEPS - 1) + 1
    return timedelta(days=days)

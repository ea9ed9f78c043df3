"""A month of covers whose URLs live for 6 to 48 hours, kept by a schedule, and placed at its end.

`python -m tests.support.thirty_days` prints the table of docs/covers.md.
"""

import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.summary import RunSummary
from tests.support.keeping import (
    BEGIN,
    KeepingWorld,
    SignedCover,
    SigningHost,
    keeping,
    signing_host,
)

DAYS = 30
LIVES = tuple(timedelta(hours=hours) for hours in (6, 12, 24, 48))
CREATORS = 8
COVERS_PER_DAY = 3
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Schedule(Enum):
    """How often covers are kept."""

    NEVER = None
    DAILY = _DAY
    """By the DAG that makes the day's collages."""
    HOURLY = _HOUR
    """By the DAG that only keeps, and the daily one."""


@dataclass(frozen=True, slots=True)
class Month:
    """What the run of the month came to."""

    covers_by_life: Mapping[timedelta, int]
    placed_by_life: Mapping[timedelta, int]
    seen_alive: int
    """Covers that were alive when a keeping run saw them."""
    seen_alive_and_placed: int
    requests_for_kept: int
    """Requests of the run of the month for such covers."""
    packs: float
    """Packs that a chunk of the month looks into."""
    reads: float
    """Requests for bytes of packs, for each chunk of the month."""
    summary: RunSummary


def table_of_covers(seed: int = 20261001) -> list[SignedCover]:
    """Three covers a day of each creator, crawled at any second. All lives are as frequent."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    return [
        SignedCover(
            f"creator{creator:02d}",
            COVERS_PER_DAY * day + number,
            BEGIN + day * _DAY + timedelta(seconds=draw.randrange(86_400)),
            LIVES[draw.randrange(len(LIVES))],
        )
        for creator in range(CREATORS)
        for day in range(DAYS)
        for number in range(COVERS_PER_DAY)
    ]


def thirty_days(host: SigningHost, schedule: Schedule, *, merge: bool = True) -> Month:
    """Keep by the schedule for thirty days, then make the collages of the month.

    With `merge`, housekeeping comes every day at five, as its DAG does, but for three days in the
    middle of the month, on which it fails.
    """
    covers = table_of_covers()
    world = KeepingWorld(host, keeping(0 if schedule is Schedule.NEVER else 40))
    seen_alive: set[str] = set()
    hours = DAYS * 24
    for hour in range(1, hours + 1):
        host.clock.now = now = BEGIN + hour * _HOUR
        if schedule is Schedule.HOURLY:
            rows = _crawled(covers, now - _HOUR, now)
            seen_alive |= _alive(rows, now)
            if rows:
                world.run(rows, f"keep-{hour}", keep_only=True, renew=True)
        if schedule is not Schedule.NEVER and hour % 24 == 0:
            host.clock.now = now = now + timedelta(minutes=5)
            rows = _crawled(covers, BEGIN + (hour - 24) * _HOUR, BEGIN + hour * _HOUR)
            seen_alive |= _alive(rows, now)
            world.run(rows, f"daily-{hour}", renew=True)
        if merge and hour % 24 == 5 and not 10 <= hour // 24 < 13:
            world.merge_days()
    host.clock.now = BEGIN + (hours + 3) * _HOUR
    host.requests.clear()
    world.store.reads = 0
    # All covers of a creator fit on the canvas.
    config = ProcessingConfig(rows=9, cols=10, max_retries=0)
    summary = world.run(covers, "monthly", config=config)
    placed = world.placed_by(summary.run_timestamp)
    packs = world.packs_of_chunks("monthly")
    return Month(
        covers_by_life=Counter(cover.life for cover in covers),
        placed_by_life=Counter(cover.life for cover in covers if cover.path() in placed),
        seen_alive=len(seen_alive),
        seen_alive_and_placed=len(seen_alive & placed),
        requests_for_kept=sum(count for path, count in host.requests.items() if path in seen_alive),
        packs=sum(packs) / max(len(packs), 1),
        reads=world.store.reads / max(len(packs), 1),
        summary=summary,
    )


def _crawled(covers: Sequence[SignedCover], begin: datetime, end: datetime) -> list[SignedCover]:
    return [cover for cover in covers if begin <= cover.crawled < end]


def _alive(covers: Sequence[SignedCover], now: datetime) -> set[str]:
    return {cover.path() for cover in covers if now < cover.expires}


def _table(months: Mapping[str, Month]) -> str:
    """Markdown: the share that is placed, by life and by schedule."""
    lines = ["| a URL lives | " + " | ".join(f"kept {each}" for each in months) + " |"]
    lines.append("|---|" + "---:|" * len(months))
    for life in LIVES:
        shares = (
            f"{month.placed_by_life[life] / month.covers_by_life[life]:.1%}"
            for month in months.values()
        )
        lines.append(f"| {int(life / _HOUR)} hours | " + " | ".join(shares) + " |")
    totals = (
        f"{sum(month.placed_by_life.values()) / sum(month.covers_by_life.values()):.1%}"
        for month in months.values()
    )
    lines.append("| all | " + " | ".join(totals) + " |")
    alive = (f"{month.seen_alive_and_placed} of {month.seen_alive}" for month in months.values())
    lines.append("| placed of those that were alive when seen | " + " | ".join(alive) + " |")
    asked = (str(month.requests_for_kept) for month in months.values())
    lines.append("| requests of the month for those | " + " | ".join(asked) + " |")
    packs = (f"{month.packs:.0f}" for month in months.values())
    lines.append("| packs that a chunk looks into | " + " | ".join(packs) + " |")
    reads = (f"{month.reads:.0f}" for month in months.values())
    lines.append("| requests for their bytes | " + " | ".join(reads) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    with signing_host() as cover_host:
        months = {each.name.lower(): thirty_days(cover_host, each) for each in Schedule}
        months["hourly, not merged"] = thirty_days(cover_host, Schedule.HOURLY, merge=False)
    sys.stdout.write(_table(months))

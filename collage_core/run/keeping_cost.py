"""What keeping covers costs: `python -m collage_core.run.keeping_cost --covers 2000000 --days 396`.

A forecast like that of `estimate`, and too high in one way: every cover is counted as one that is
fetched and kept, while those that are kept already are written again only near their end. It is
too low in another: a run keeps reserves of covers that fail, too. Moving packs to a cheaper storage
class is not counted: most packs are read within the month.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from collage_core.run.prices import DOLLARS_PER_GB_MONTH, DOLLARS_PER_GET, DOLLARS_PER_PUT

BYTES_PER_COVER = 126_000
"""As the covers of the benchmark have, which are as large as those of a real table were."""

BYTES_PER_PACK = 256_000_000
"""The most of a pack. A worker that saves what it has done so far writes smaller ones."""

GETS_PER_PACK = 2.5
"""Its directory, and one or two stretches of covers: about 100 for the 40 packs of a chunk."""

DAYS_BESIDE = 9
"""So long packs that housekeeping has merged are there beside those that replace them."""

_DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class KeepingCost:
    """What the packs of a run cost until they expire."""

    gigabytes: float
    """All covers of the run."""
    storage_dollars: float
    """Until they expire."""
    request_dollars: float
    """To write them, to index them, and to read what was kept before."""

    @property
    def dollars(self) -> float:
        """Storage and requests."""
        return self.storage_dollars + self.request_dollars


def keeping_cost(
    *, covers: int, chunks: int, looked_into: int, days: int, is_merged: bool = False
) -> KeepingCost:
    """The cost of keeping `covers` for `days`, in a run that looks into so many packs.

    `looked_into` counts a pack once for each chunk that reads it. `is_merged`: whether housekeeping
    will merge the packs with those of other runs of the day. For 0 days, all is 0.
    """
    if not days:
        return KeepingCost(0, 0, 0)
    gigabytes = covers * BYTES_PER_COVER / 1e9
    stored = days + (min(DAYS_BESIDE, days) if is_merged else 0)
    packs = max(chunks, math.ceil(covers * BYTES_PER_COVER / BYTES_PER_PACK))
    puts = packs + chunks + 2  # a document for each chunk, that of the run, and its index
    gets = looked_into * GETS_PER_PACK + chunks + days
    return KeepingCost(
        gigabytes=gigabytes,
        storage_dollars=gigabytes * DOLLARS_PER_GB_MONTH * stored / _DAYS_PER_MONTH,
        request_dollars=puts * DOLLARS_PER_PUT + gets * DOLLARS_PER_GET,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what a month's covers cost, kept for so many days."""
    parser = argparse.ArgumentParser(
        prog="python -m collage_core.run.keeping_cost", description="What keeping covers costs."
    )
    parser.add_argument("--covers", type=int, default=2_000_000, help="new ones in a month")
    parser.add_argument("--days", type=int, default=40, help="KEEP_COVERS_DAYS")
    parser.add_argument(
        "--hourly", action="store_true", help="kept by runs of the hour, whose packs are merged"
    )
    options = parser.parse_args(arguments)
    chunks = math.ceil(options.covers / 2000)
    cost = keeping_cost(
        covers=options.covers,
        chunks=chunks,
        looked_into=chunks * options.days,
        days=options.days,
        is_merged=options.hourly,
    )
    # In the long run, each month's packs are paid for as long as they are there.
    gigabytes = cost.storage_dollars / DOLLARS_PER_GB_MONTH
    sys.stdout.write(
        f"{options.covers:,} new covers a month, kept for {options.days} days: "
        f"{gigabytes:,.0f} GB in the long run, {cost.storage_dollars:.2f} USD a "
        f"month for storage, {cost.request_dollars:.2f} USD for requests\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

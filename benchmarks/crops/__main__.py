"""`python -m benchmarks.crops`: the heads that each gravity keeps, and the CPU time it takes.

Covers are our own drawings of people, the same each time, in ten shapes; no rule was tuned on
them. The output is Markdown. Shares are the same on every machine; of the times, the ratios are
what holds on a busy one.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.crops.contact_sheet import save_contact_sheet
from benchmarks.crops.cost import milliseconds
from benchmarks.crops.kept import Kept, kept_by, mean_share, most_kept, share_whole
from benchmarks.crops.portraits import ASPECTS, Portrait, portrait
from benchmarks.harness.report import markdown
from benchmarks.harness.table import Table
from collage_core.contract.gravity import Gravity

_TIMED_COVERS = 3
"""Of each shape."""
_TIMED_SHORT_SIDE = 1080


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crops", description=__doc__)
    parser.add_argument("--covers", type=int, default=60, help="of each shape (default: 60)")
    parser.add_argument("--rounds", type=int, default=15, help="of the times (default: 15)")
    parser.add_argument("--tuning", action="store_true", help="the pictures the rules come from")
    parser.add_argument("--sheet", type=Path, help="draw the crops into pictures, as a PNG")
    options = parser.parse_args(arguments)
    portraits = [
        portrait(aspect, number, held_out=not options.tuning)
        for number in range(options.covers)
        for aspect in ASPECTS
    ]
    if options.sheet:
        save_contact_sheet(portraits[: 6 * len(ASPECTS)], options.sheet)
    results = {
        **{str(gravity): [kept_by(one, gravity) for one in portraits] for gravity in Gravity},
        "the best crop": [most_kept(one) for one in portraits],
    }
    heads = sum(len(one.heads) for one in portraits)
    print(f"{len(portraits)} covers with {heads} heads.\n")
    whole, mean = "heads kept whole, %", "of a head kept, %"
    tables = [_shares(whole, results, share_whole), _shares(mean, results, mean_share)]
    print(markdown([*tables, _times(options.rounds, held_out=not options.tuning)]))
    return 0


def _shares(
    title: str, results: dict[str, list[Kept]], figure: Callable[[list[Kept]], float]
) -> Table:
    rows = []
    for name, kept in results.items():
        by_aspect = [[one for one in kept if one.aspect == aspect] for aspect in ASPECTS]
        rows.append([name, *(f"{100 * figure(one):.0f}" for one in by_aspect)])
        rows[-1].append(f"{100 * figure(kept):.1f}")
    return Table([title, *ASPECTS, "all"], rows)


def _times(rounds: int, *, held_out: bool) -> Table:
    covers: dict[str, list[Portrait]] = {
        aspect: [
            portrait(aspect, number, held_out=held_out, short_side=_TIMED_SHORT_SIDE)
            for number in range(_TIMED_COVERS)
        ]
        for aspect in ASPECTS
    }
    taken = [milliseconds([one.jpeg for one in kind], rounds=rounds) for kind in covers.values()]
    rows = []
    for gravity in Gravity:
        ratios = [f"{times[gravity] / times[Gravity.CENTER]:.2f}" for times in taken]
        whole, center = (sum(times[one] for times in taken) for one in (gravity, Gravity.CENTER))
        more = (whole - center) / len(taken)
        rows.append([str(gravity), *ratios, f"{whole / center:.2f}", f"{more:+.2f}"])
    return Table(["CPU of decode_cell, center = 1", *ASPECTS, "all", "ms more"], rows)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.simulation`: runs the schedules of many seeds, or replays one.

--seeds 0-999999 --processes 2   a million schedules
--replay 17                      what happened in the schedule of one seed, request by request
"""

import argparse
import gc
import itertools
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from tests.simulation.products import PRODUCTS
from tests.simulation.world import Outcome, in_silence, simulate

_TOGETHER = 100
"""Seeds that a process gets at a time."""

_MOST_SHOWN = 20
_SECONDS_BETWEEN_LINES = 10.0


def main() -> int:
    """Do what was asked for; 1 if anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", default="0-9999", help="first and last")
    parser.add_argument("--replay", type=int, metavar="SEED")
    parser.add_argument("--product", choices=PRODUCTS, default="lists")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    if asked.replay is not None:
        outcome = simulate(asked.replay, product=asked.product, trace=print)
        print(f"\n{outcome}\n")
        for violation in outcome.violations:
            print(f"✗ {violation}")
        return bool(outcome.violations)
    first, _, last = asked.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    return _run(seeds, asked.product, asked.processes)


def _run(seeds: range, product: str, processes: int) -> int:
    began = said = time.monotonic()
    kinds: Counter[str] = Counter()
    failed = 0
    for done, outcome in enumerate(_outcomes(seeds, product, processes), start=1):
        if outcome.violations:
            failed += 1
            _show(outcome, product, kinds)
        now = time.monotonic()
        if now - said >= _SECONDS_BETWEEN_LINES or done == len(seeds):
            said = now
            print(
                f"{done:,} of {len(seeds):,} schedules, {failed:,} of them wrong, "
                f"{done / (now - began):.0f} a second",
                flush=True,
            )
    for kind, count in kinds.most_common():
        print(f"{count:7,}  {kind} …")
    return bool(failed)


def _show(outcome: Outcome, product: str, kinds: Counter[str]) -> None:
    """The first of each kind, and how to see what happened."""
    new = [text for text in outcome.violations if not kinds[_kind(text)]]
    kinds.update({_kind(text) for text in outcome.violations})
    if not new or len(kinds) > _MOST_SHOWN:
        return
    options = "" if product == "lists" else f" --product {product}"
    print(f"seed {outcome.seed}: python -m tests.simulation --replay {outcome.seed}{options}")
    for text in new:
        print(f"  ✗ {text}")


def _kind(text: str) -> str:
    return " ".join(text.split()[:4])


def _outcomes(seeds: range, product: str, processes: int) -> Iterator[Outcome]:
    some = partial(_some, product=product)
    batches = itertools.batched(seeds, _TOGETHER)
    if processes == 1:
        for batch in batches:
            yield from some(batch)
        return
    with multiprocessing.Pool(processes) as pool:
        for outcomes in pool.imap_unordered(some, batches):
            yield from outcomes


def _some(seeds: Iterable[int], *, product: str) -> Sequence[Outcome]:
    with in_silence():
        outcomes = [simulate(seed, product=product) for seed in seeds]
    gc.collect()
    return outcomes


if __name__ == "__main__":
    sys.exit(main())

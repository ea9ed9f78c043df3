"""Run seeds: `python -m tests.simulation --seeds 0-999`, or replay one: `--replay 17`."""

import argparse
import sys
import time
from collections import Counter

from tests.simulation.world import simulate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-999")
    parser.add_argument("--replay", type=int)
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    if asked.replay is not None:
        outcome = simulate(asked.replay, trace=print)
        print(outcome)
        return bool(outcome.violations)
    first, _, last = asked.seeds.partition("-")
    kinds: Counter[str] = Counter()
    example: dict[str, tuple[int, str]] = {}
    start, switches, count = time.perf_counter(), 0, 0
    for seed in range(int(first), int(last) + 1):
        outcome = simulate(seed)
        count += 1
        switches += outcome.switches
        for kind in {text[:14] for text in outcome.violations}:
            kinds[kind] += 1
        for text in outcome.violations:
            example.setdefault(text[:14], (seed, text))
    spent = time.perf_counter() - start
    print(f"{count} schedules, {spent / count * 1000:.1f} ms each, {switches / count:.0f} switches")
    for kind, number in kinds.most_common():
        print(number, *example[kind])
    return 0


sys.exit(main())

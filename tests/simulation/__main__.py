"""Run seeds: `python -m tests.simulation --seeds 0-999`, or replay one: `--replay 17`."""

import argparse
import gc
import sys
import time
from collections import Counter

from tests.simulation.world import in_silence, simulate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-999")
    parser.add_argument("--replay", type=int)
    asked = parser.parse_args()
    if asked.replay is not None:
        outcome = simulate(asked.replay, trace=print)
        print(outcome)
        return bool(outcome.violations)
    first, _, last = asked.seeds.partition("-")
    kinds: Counter[str] = Counter()
    example: dict[str, list[int]] = {}
    words: dict[str, str] = {}
    start, switches, count = time.process_time(), 0, 0
    with in_silence():
        for seed in range(int(first), int(last) + 1):
            outcome = simulate(seed)
            count += 1
            if count % 100 == 0:
                gc.collect()
            switches += outcome.switches
            for text in outcome.violations:
                kind = text[:20]
                words.setdefault(kind, text)
                if seed not in example.setdefault(kind, []):
                    example[kind].append(seed)
                    kinds[kind] += 1
    spent = time.process_time() - start
    print(f"{count} schedules, {spent / count * 1000:.1f} ms each, {switches / count:.0f} switches")
    for kind, number in kinds.most_common():
        print(number, example[kind][:5], words[kind])
    return 0


sys.exit(main())

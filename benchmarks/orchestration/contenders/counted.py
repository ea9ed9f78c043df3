"""Counts all requests of clients of AWS, and prints them with what the work took."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from benchmarks.harness.measure import Work, peak_mb


class Requests:
    """The requests of the clients that it watches, by operation. Each attempt counts."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def watch(self, client: Any) -> None:
        """Count the requests of a client, blocking or not, from now on."""
        client.meta.events.register("before-send", self._count)

    def report(self, work: Callable[[], bool | int]) -> None:
        """Do the work; print its answer with the requests, and its Work, each on its own line."""
        answers: list[bool | int] = []
        done = Work.of(lambda: answers.append(work()), idle_mb=peak_mb())
        # Libraries print too, and may leave the line before it without its end.
        print("\n" + json.dumps({"answer": answers[0], "requests": self._counts}))
        done.report()

    def _count(self, event_name: str, **_: Any) -> None:
        self._counts[event_name.rpartition(".")[2]] += 1

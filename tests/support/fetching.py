"""Fetching one cover, by a fetcher of its own that does not really wait between its tries."""

from typing import Any

from collage_core.contract.config import ProcessingConfig
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.machine import Machine
from collage_core.sources.result import Failed, Fetched

PLENTY = 1000.0
"""Seconds that the run has left."""


class Sleeps(list[float]):
    """Notes how long it was asked to wait, and does not."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def fetch(
    url: str,
    *,
    retries: int = 0,
    timeout: int = 5,
    seconds_left: float = PLENTY,
    allowed: tuple[str, ...] = ("127.0.0.1",),
    **machine_parts: Any,
) -> Fetched | Failed:
    config = ProcessingConfig(max_retries=retries, timeout=timeout)
    machine = Machine(**{"sleep": Sleeps(), **machine_parts})
    with Fetcher(allowed, config, machine=machine) as fetcher:
        return fetcher.fetch(url, seconds_left=seconds_left)

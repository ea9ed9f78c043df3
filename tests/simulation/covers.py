"""The cover server: covers that answer, that answer once, that fail sometimes, that differ."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from collage_core.contract.reasons import Reason
from collage_core.sources.result import Failed, Fetched
from tests.simulation.network import Network
from tests.simulation.products import Product
from tests.simulation.scheduler import Process

Behaviour = Literal["ok", "missing", "once", "sometimes", "differs", "slow", "no_picture", "kills"]


@dataclass(frozen=True, slots=True)
class Fetch:
    """A request for a cover."""

    url: str
    process: Process
    at: float


class CoverServer:
    """What became of each request, by URL."""

    def __init__(
        self, product: Product, network: Network, *, on_fetch: Callable[[Fetch], None]
    ) -> None:
        self._product = product
        self.behaviours: dict[str, Behaviour] = {}
        self.requests: Counter[str] = Counter()
        self._network = network
        self._on_fetch = on_fetch

    def fetch(self, url: str, seconds_left: float) -> Fetched | Failed:
        """Answer a request."""
        scheduler = self._network.scheduler
        if seconds_left <= 0:
            return Failed(Reason.OUT_OF_TIME)
        number = self.requests[url] = self.requests[url] + 1
        self._on_fetch(Fetch(url, scheduler.process, scheduler.now))
        behaviour = self.behaviours.get(url, "ok")
        self._network.visit(f"GET {url}", lambda: None)
        self._network.say(f"GET {url} ({behaviour}, {number})")
        if behaviour == "kills":
            scheduler.kill(scheduler.process)
        if behaviour == "slow":
            seconds = scheduler.random.choice((1.0, 5.0, 12.0))
            if seconds > seconds_left:
                scheduler.sleep(seconds_left)
                return Failed(Reason.OUT_OF_TIME)
            scheduler.sleep(seconds)
        if (
            behaviour == "missing"
            or (behaviour == "once" and number > 1)
            or (behaviour == "sometimes" and scheduler.random.random() < 0.5)
        ):
            return Failed("http_404")
        if behaviour == "no_picture":
            return Fetched(self._product.no_file())
        return Fetched(self._product.file(url, number if behaviour == "differs" else 0))


class SimulatedFetcher:
    """A source of covers in the place of the fetcher of a chunk."""

    blocked_hosts = ""

    def __init__(self, server: CoverServer) -> None:
        self._server = server

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        return self._server.fetch(url, seconds_left)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

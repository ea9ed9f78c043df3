"""CSVs that a person drops: the events of S3, and the service that invokes the function with them.

An event is tried three times. Then it goes to the dead-letter queue, from which it can be redriven.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from collage_core.contract.csv_source import CsvSource
from tests.simulation.network import Network
from tests.simulation.s3 import SimulatedS3
from tests.simulation.scheduler import Process
from tests.simulation.sqs import Invoke, SimulatedSqs
from tests.simulation.table import Table

_WAITS = (60.0, 120.0)
"""Seconds before the second try and the third."""

_KEYS = ("csv-files/mine.csv", "csv-files/mine.csv", "csv-files/2026/more.csv")


@dataclass(frozen=True, slots=True)
class _Try:
    due: float
    number: int
    name: str
    event: dict[str, Any]


class Uploads:
    """Drops CSVs, and delivers their events."""

    def __init__(
        self,
        bucket: str,
        s3: SimulatedS3,
        sqs: SimulatedSqs,
        network: Network,
        table: Table,
        *,
        invoke: Invoke,
    ) -> None:
        self.dropped: list[CsvSource] = []
        self.errors: list[BaseException] = []
        self._bucket = bucket
        self._s3 = s3
        self._sqs = sqs
        self._network = network
        self._table = table
        self._invoke = invoke
        self._tries: list[_Try] = []

    def drop(self) -> None:
        """Upload the rows of the table as they are now."""
        scheduler = self._network.scheduler
        key = scheduler.random.choice(_KEYS)
        lines = [b",".join(row) + b"\n" for row in self._table.ordered()]
        scheduler.random.shuffle(lines)
        body = b"creator_name,cover_url,updated_at\n" + b"".join(lines)
        stored = self._s3.store(self._bucket, key, body)
        self._network.say(f"drops {key} with ETag {stored.etag}")
        self.dropped.append(CsvSource(self._bucket, key, stored.etag))
        number = len(self.dropped)
        item = {"key": quote_plus(key, safe="/"), "size": len(body), "eTag": stored.etag}
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": stored.written.isoformat(),
            "s3": {
                "bucket": {"name": self._bucket},
                "object": {**item, "sequencer": f"{number:016X}"},
            },
        }
        event = {"Records": [record]}
        times = 2 if scheduler.random.random() < self._network.chances.delivered_twice else 1
        for _ in range(times):
            self._tries.append(_Try(scheduler.now, 1, f"drop{number}", event))

    def due(self) -> float:
        return min((each.due for each in self._tries), default=float("inf"))

    def fire(self) -> None:
        scheduler = self._network.scheduler
        due = [each for each in self._tries if each.due <= scheduler.now]
        one = due[scheduler.random.randrange(len(due))]
        self._tries.remove(one)
        self._deliver(one)

    def _deliver(self, one: _Try) -> None:
        scheduler = self._network.scheduler
        if one.number > len(_WAITS) + 1:
            self._network.say(f"{one.name} goes to the dead-letter queue")
            failed = {"requestContext": {"requestId": one.name}, "requestPayload": one.event}
            self._sqs.bury(json.dumps(failed))
            return
        process = Process(f"{one.name}.{one.number}", began=scheduler.now)
        process.ends_at = scheduler.now + self._network.chances.function_seconds
        self._network.say(f"deliver {one.name} for the {one.number}. time")
        wait = _WAITS[min(one.number, len(_WAITS)) - 1]
        again = _Try(process.ends_at + wait, one.number + 1, one.name, one.event)
        self._tries.append(again)

        def invocation() -> None:
            try:
                self._invoke(one.event, process)
            except Exception as error:  # noqa: BLE001  the judge wants those that are bugs
                self._network.say(f"{process.name} failed: {type(error).__name__}: {error}")
                self.errors.append(error)
                return
            if again in self._tries:
                self._tries.remove(again)

        scheduler.spawn(process, invocation)

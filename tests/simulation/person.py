"""A person at Airflow: does things in the middle of a run, and follows what messages say."""

import re
from collections.abc import Callable

from tests.simulation.airflow import DagRun
from tests.simulation.network import Network
from tests.simulation.scheduler import Process
from tests.simulation.sqs import SimulatedSqs
from tests.simulation.table import Table

_PLAN_AGAIN = "from extract|start the run again|run extract again|first step|extract is not running"

_LOOKS = 60.0
"""Seconds until the first look at the run; later ones are rarer."""

_MOST_FIXES = 20
"""More than this, one after the other, go round in a circle."""


class Person:
    """Looks at the run every minute until it is done."""

    def __init__(
        self,
        dag: DagRun,
        sqs: SimulatedSqs,
        table: Table,
        network: Network,
        *,
        on_removal: Callable[[], None],
    ) -> None:
        self.complaints: list[str] = []
        """Messages without a fix that works."""
        self.fixes = 0
        self._dag = dag
        self._sqs = sqs
        self._table = table
        self._network = network
        self._on_removal = on_removal

    def begin(self) -> None:
        """Trigger the run, and stay with it."""
        self._network.scheduler.spawn(Process("person"), self._stay)

    def _stay(self) -> None:
        scheduler, chances = self._network.scheduler, self._network.chances
        random = scheduler.random
        self._dag.begin("extract")
        moments = sorted(
            random.uniform(0.2, random.choice((2.0, 6.0, 30.0, 300.0)))
            for _ in range(chances.person_acts)
        )
        for moment in moments:
            scheduler.sleep(max(moment - scheduler.now, 0.0))
            self._act()
        pause = _LOOKS
        while not self._dag.is_done and not self.complaints:
            scheduler.sleep(pause)
            pause = min(2 * pause, 3600.0)
            if self._dag.error is not None:
                self._follow(str(self._dag.error))
                pause = _LOOKS
            elif self._dag.is_dead:
                self._dag.begin(self._dag.step)
                pause = _LOOKS

    def _act(self) -> None:
        random = self._network.scheduler.random
        match random.choice(("change", "change", "repeat", "dispatch", "reconcile", "redrive")):
            case "change":
                self._network.say(f"changes rows: {self._table.change()}")
                self._dag.clear("extract")
            case "repeat":
                self._dag.clear("extract")
            case "dispatch":
                self._dag.clear("dispatch")
            case "reconcile":
                self._dag.clear("reconcile")
            case "redrive":
                self._sqs.redrive()

    def _follow(self, message: str) -> None:
        """Do what the message of a failed task says, word by word."""
        self.fixes += 1
        if self.fixes > _MOST_FIXES:
            self.complaints.append(f"{self.fixes} fixes, and it still says: {message}")
            return
        dag = self._dag
        if re.search(
            "from extract|start the run again|run extract again|first step|extract is not running, clear it",
            message,
        ):
            self._sqs.redrive()
            dag.clear("extract")
        elif "redrive" in message:
            found = self._sqs.redrive()
            if not found and "Clearing dispatch" in message:
                dag.clear("dispatch")
                return
            # Whoever reconciles again looks first whether the messages are done.
            dag.clear("wait" if dag.step == "reconcile" else dag.step)
        elif (
            "try again" in message
            or "run this" in message
            or "nothing to fix" in message
            or ("cannot" in message and "S3 says" in message)
        ):
            dag.clear(dag.step)
        else:
            self.complaints.append(f"no fix is known for: {message}")

"""A person at Airflow: does things in the middle of a run, and follows what messages say."""

import re
from collections.abc import Callable, Sequence

from tests.simulation.airflow import RUN_ID, DagRun
from tests.simulation.network import Network
from tests.simulation.scheduler import Process
from tests.simulation.sqs import SimulatedSqs
from tests.simulation.table import Table
from tests.simulation.uploads import Uploads

_PLAN_AGAIN = (
    "from extract|start the run again|run extract again|first step|extract is not running|"
    "clear extract"
)
_DISPATCH = "[Cc]lear(ing)? dispatch"
_AGAIN = "try again|run this|nothing to fix|cannot .* S3 says|cannot be used: SQS says"

_ACTS = (
    "change",
    "change",
    "change",
    "repeat",
    "dispatch",
    "reconcile",
    "redrive",
    "remove a receipt",
    "spoil a receipt",
    "stop",
)

_LOOKS = 60.0
"""Seconds until the first look at the run; later ones are rarer."""

_MOST_FIXES = 20
"""More than this, one after the other, go round in a circle."""


class Person:
    """Has a run made by Airflow, or drops CSVs, and stays until all is done."""

    def __init__(
        self,
        dag: DagRun,
        uploads: Uploads,
        sqs: SimulatedSqs,
        table: Table,
        network: Network,
        *,
        drops: bool,
        housekeeping: Callable[[], None],
        redrive: Callable[[str | None], int],
    ) -> None:
        """With `drops`, this person drops CSVs, and Airflow only keeps house."""
        self.complaints: list[str] = []
        """Messages without a fix that works."""
        self.fixes = 0
        self._dag = dag
        self._uploads = uploads
        self._sqs = sqs
        self._table = table
        self._network = network
        self._drops = drops
        self._housekeeping = housekeeping
        self._redrive_run = redrive

    def begin(self) -> None:
        """Begin."""
        stay = self._drop if self._drops else self._stay
        self._network.scheduler.spawn(Process("person"), stay)

    def _moments(self) -> list[float]:
        random = self._network.scheduler.random
        return sorted(
            random.uniform(0.2, random.choice((2.0, 6.0, 30.0, 300.0)))
            for _ in range(self._network.chances.person_acts)
        )

    def _drop(self) -> None:
        scheduler = self._network.scheduler
        self._uploads.drop()
        for moment in self._moments():
            scheduler.sleep(max(moment - scheduler.now, 0.0))
            if scheduler.random.random() < 0.5:
                self._network.say(f"changes rows: {self._table.change()}")
            self._uploads.drop()
            if scheduler.random.random() < 0.2:
                self._stop(None)
        for _ in range(scheduler.random.choice((0, 0, 1, 2))):
            scheduler.sleep(8 * 3600.0)
            self._housekeeping()

    def _stay(self) -> None:
        scheduler = self._network.scheduler
        self._dag.begin("extract")
        for moment in self._moments():
            scheduler.sleep(max(moment - scheduler.now, 0.0))
            self._act()
        self._watch()

    def close_again(self) -> None:
        """Have the run closed once more, after all that was late has ended."""
        self._dag.begin("reconcile", last="verify")
        self._network.scheduler.spawn(Process("person"), self._watch)

    def _watch(self) -> None:
        """Look after the run until it is done."""
        scheduler, pause = self._network.scheduler, _LOOKS
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
        match self._network.scheduler.random.choice(_ACTS):
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
                self._redrive_run(self._network.scheduler.random.choice((RUN_ID, None)))
            case "remove a receipt":
                self._dag.spoil(removes=True)
                self._dag.clear("dispatch")
            case "spoil a receipt":
                self._dag.spoil(removes=False)
            case "stop":
                self._stop(RUN_ID)

    def _stop(self, run_id: str | None) -> None:
        """Stop the run, or all, for a while; then let it go on."""
        scheduler = self._network.scheduler
        self._dag.stop(run_id)
        scheduler.sleep(scheduler.random.choice((1.0, 30.0, 300.0, 5000.0)))
        self._dag.go_on(run_id)

    def _follow(self, message: str) -> None:
        """Do what the message of a failed task says, word by word."""
        self.fixes += 1
        if self.fixes > _MOST_FIXES:
            self.complaints.append(f"{self.fixes} fixes, and it still says: {message}")
            return
        for pattern, fix in self._rules():
            if re.search(pattern, message):
                fix(message)
                return
        self.complaints.append(f"no fix is known for: {message}")

    def _rules(self) -> Sequence[tuple[str, Callable[[str], None]]]:
        """What a message may ask for, and how it is done; the first that fits."""
        dag = self._dag
        return (
            ("raise FAIL_ABOVE_PERCENT and clear reconcile", self._tolerate_or_do_again),
            ("--delete-extras", self._delete_extras),
            ("report it", lambda message: self.complaints.append(f"a bug, it says: {message}")),
            ("clear `reconcile`", lambda _: dag.clear("reconcile")),
            (_PLAN_AGAIN, lambda _: dag.clear("extract")),
            ("redrive", self._redrive),
            (_DISPATCH, lambda _: dag.clear("dispatch")),
            (_AGAIN, lambda _: dag.clear(dag.step)),
        )

    def _tolerate_or_do_again(self, _: str) -> None:
        if self._network.scheduler.random.random() < 0.5:
            self._dag.tolerate_all()
            self._dag.clear("reconcile")
        else:
            self._dag.clear("dispatch")

    def _delete_extras(self, _: str) -> None:
        self._dag.delete_extras()
        self._network.scheduler.sleep(_LOOKS)
        self._dag.clear("verify")

    def _redrive(self, message: str) -> None:
        dag = self._dag
        if not self._redrive_run(RUN_ID) and re.search(_DISPATCH, message):
            dag.clear("dispatch")
        else:
            # Whoever reconciles again looks first whether the messages are done.
            dag.clear("wait" if dag.step == "reconcile" else dag.step)

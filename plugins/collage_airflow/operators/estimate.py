"""The estimate task: for a dry run, prints what the run would cost, and ends it.

With `backfill` it also asks a person, once for all runs of that backfill.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, override

from airflow.sdk import Variable

from collage_airflow.approval.approved_backfill import (
    HEADROOM,
    HOLDS_FOR,
    ApprovedBackfill,
    variable_of,
)
from collage_airflow.approval.question import Question
from collage_airflow.dag_run.dispatch_way import workers_at_once
from collage_airflow.dag_run.request import RunRequest
from collage_airflow.operators.asking_operator import AskingOperator
from collage_airflow.operators.covers_operator import CoversOperator
from collage_airflow.run_prices import RunPrices
from collage_airflow.settings import read_settings
from collage_core.contract.window import Window
from collage_core.run.estimate import MB_PER_VCPU
from collage_core.run.estimate_in_words import duration
from collage_core.run.in_words import window_in_words
from collage_core.run.price_table import Price, Workers, markdown_table, price_table

if TYPE_CHECKING:
    from airflow.sdk import Context


class EstimateOperator(AskingOperator, CoversOperator):
    """With `dry_run`, logs one table and skips all tasks after it; without, does nothing.

    A window is priced month by month, one of up to 31 days day by day, as a backfill would run it;
    then all of them together, and the whole window as one run, as the form would run it. A CSV or
    a fill is one line. Nothing is written or sent. The XCom `prices` has the lines as objects, and
    `note` the last of them in words.

    With `backfill`, a window is priced as the runs of that DAG, and a person is asked. If the
    backfill is approved, a Variable says so to the task `approve` of its runs.

    `memory_mb` is that of the function, as for PlanOperator.
    """

    template_fields = (*AskingOperator.template_fields, *CoversOperator.template_fields)

    def __init__(self, *, memory_mb: int = MB_PER_VCPU, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.memory_mb = memory_mb

    @override
    def execute(self, context: "Context") -> None:
        params = context["params"]
        if not (params.get("dry_run") or params.get("backfill")):
            self.log.info("dry_run is off: the tasks that follow make the collages")
            return
        settings = read_settings()
        request = RunRequest.from_context(context, settings, self.schedule)
        prices = RunPrices(
            self.store,
            settings,
            request,
            dag_id=context["dag_run"].dag_id,
            sql=self.sql,
            mysql_conn_id=self.mysql_conn_id,
            workers=Workers(workers_at_once(params, settings), self.memory_mb),
        ).all()
        table = price_table(prices)
        self.log.info("✓ Dry run: nothing was sent\n%s", table)
        # A task that skips others ends with an exception, so what it returns would be lost.
        context["ti"].xcom_push(key="prices", value=[asdict(price) for price in prices])
        context["ti"].xcom_push(key="note", value=_note(request, prices[-1]))
        if request.backfill is not None and request.window is not None:
            asked = _question(request.backfill, request.window, prices)
            self.ask(context, subject=asked.subject, body=asked.body)
        self._end(context)

    @override
    def approved(self, context: "Context", name: str) -> None:
        request = RunRequest.from_context(context, read_settings(), self.schedule)
        assert request.backfill is not None  # noqa: S101 - it would not have been asked
        assert request.window is not None  # noqa: S101
        together = context["ti"].xcom_pull(task_ids=self.task_id, key="prices")[-1]
        approved = ApprovedBackfill(
            run_id=request.identity.run_id,
            approved_by=name,
            window=request.window,
            dollars=_with_headroom(together["dollars"] + together["keeping_dollars"]),
            until=datetime.now(UTC) + HOLDS_FOR,
        )
        variable = variable_of(request.backfill)
        Variable.set(
            variable,
            approved.to_text(),
            description="Runs of this backfill ask nobody. Delete it, and they ask again.",
        )
        self.log.info(
            "✓ Runs of %s in %s ask nobody up to %.2f USD, until %s; the Variable %s says so",
            request.backfill,
            request.window,
            approved.dollars,
            f"{approved.until:%Y-%m-%d %H:%M} UTC",
            variable,
        )
        self._note(
            context,
            f"Backfill of {request.backfill}, {window_in_words(request.window)}: approved by "
            f"{name}, up to {approved.dollars:.2f} USD, until {approved.until:%Y-%m-%d %H:%M} UTC. "
            "Start it now",
        )
        self._end(context)

    @override
    def refused(self, context: "Context", name: str) -> None:
        self._not_approved(context, f"Refused by {name}")

    @override
    def unanswered(self, context: "Context") -> None:
        self._not_approved(context, "Nobody answered")

    def _not_approved(self, context: "Context", why: str) -> None:
        line = f"{why}: runs of this backfill ask one by one, if they have a reason to"
        self.log.info("%s", line)
        self._note(context, line)
        self._end(context)

    def _note(self, context: "Context", note: str) -> None:
        context["ti"].xcom_push(key="note", value=note)

    def _end(self, context: "Context") -> None:
        """Skip all tasks after this one, which ends it with an exception."""
        self.skip(context["ti"], self.get_direct_relatives(upstream=False))


def _with_headroom(dollars: float) -> float:
    """What is approved for a price: in cents, and never less."""
    return (int(dollars * (1 + HEADROOM) * 100) + 1) / 100


def _question(dag_id: str, window: Window, prices: Sequence[Price]) -> Question:
    together = prices[-1]
    up_to = _with_headroom(together.total_dollars)
    approve = (
        f"**Approve**: runs of `{dag_id}` in this window ask nobody, up to {up_to:.2f} USD "
        f"together (the price and a tenth) and for {HOLDS_FOR.days} days. The Variable "
        f"`{variable_of(dag_id)}` says so; a newer approval takes its place. Then start the "
        "backfill: this run does not."
    )
    lines = [
        markdown_table(prices),
        "",
        f"- {approve}",
        "- **Reject**: each of these runs asks by itself, if it has a reason to.",
        f"- **Duration:** about {duration(together.hours * 3600)}, one run after the other.",
        f"- **Rates:** {together.rates}",
    ]
    subject = (
        f"Backfill of {dag_id}, {window_in_words(window)}: approve "
        f"{together.total_dollars:,.2f} USD for {together.rows:,} rows?"
    )
    return Question(subject, "\n".join(lines))


def _note(request: RunRequest, price: Price) -> str:
    about = window_in_words(request.window) if request.window else price.label
    return (
        f"Dry run of {about}: {price.rows:,} rows of {price.creators:,} creators, "
        f"{price.total_dollars:.4f} USD, {price.hours:.2f} hours. The log of estimate has the table"
    )

"""What a person may order from a page, as requests to Airflow's own API, filled in.

Airflow 3.3 cannot be sent to a form that is filled in: its form takes nothing from the address. So
the form is on our page, and the browser sends it to Airflow's API, as its own pages do: Airflow
decides whether this person may, and checks the fields.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from collage_airflow.run_page import airflow_urls
from collage_airflow.run_page.dag_runs import DagRunLine
from collage_airflow.run_page.pages import quoted

MANUAL, MONTHLY = "cover_collage_manual", "cover_collage_monthly"
REDRIVE = "cover_collage_redrive"

TRIAL_CREATORS = 50

type Kind = Literal["text", "number", "date", "flag", "lines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a form."""

    name: str
    """Where it goes in the body of the request: names with dots between them."""
    label: str
    kind: Kind = "text"
    value: str | int | bool = ""
    hint: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request that a person may send, and what it does in plain words."""

    title: str
    says: str
    button: str
    dag_id: str
    method: str = "POST"
    to: str
    """The path of Airflow's API, below Airflow's root."""
    body: Mapping[str, Any]
    """What is sent but for the fields."""
    fields: Sequence[Field] = ()
    then: str = ""
    """Where to go then, below Airflow's root, with `{dag_run_id}` of the answer; empty: the same
    page again."""
    paused_matters: bool = True
    """Whether nothing happens while the DAG is switched off."""
    airflow: str
    """Where the same can be done in Airflow, below its root."""

    @property
    def body_json(self) -> str:
        return json.dumps(self.body)


def _trigger(dag_id: str, *, conf: Mapping[str, Any], **words: Any) -> Order:
    return Order(
        dag_id=dag_id,
        to=f"/api/v2/dags/{quoted(dag_id)}/dagRuns",
        body={"logical_date": None, "conf": dict(conf)},
        then=f"/cover-collages/dags/{quoted(dag_id)}/runs/{{dag_run_id}}",
        airflow=airflow_urls.dag(dag_id),
        **words,
    )


def last_month(today: date) -> Order:
    """A run of the last whole month."""
    last = today.replace(day=1) - timedelta(days=1)
    return _trigger(
        MANUAL,
        conf={"window": "last month"},
        title="Run last month",
        says=f"One collage per creator from the covers of {last:%B %Y}, below collages/manual/.",
        button=f"Run {last:%B %Y}",
        fields=[_PREFIX],
    )


def trial() -> Order:
    """A run of a few creators."""
    return _trigger(
        MANUAL,
        conf={"window": "last month"},
        title=f"A trial of {TRIAL_CREATORS} creators",
        says="The same for the first so many creators of the last month, in the order of their "
        "names: to see how the collages look, in minutes.",
        button="Start the trial",
        fields=[
            Field(
                name="conf.limit",
                label="Creators",
                kind="number",
                value=TRIAL_CREATORS,
                required=True,
            ),
            Field(name="conf.output_prefix", label="Folder", value="trial"),
        ],
    )


def csv() -> Order:
    """A run of a CSV that was dropped."""
    return _trigger(
        MANUAL,
        conf={},
        title="Process a dropped CSV",
        says="A CSV that is dropped into manual-uploads/ of the input bucket is made into collages "
        "by a run of this DAG, and archived then.",
        button="Process it",
        fields=[
            Field(
                name="conf.csv_key",
                label="Its key",
                value="manual-uploads/",
                hint="such as manual-uploads/mine.csv",
                required=True,
            ),
            _PREFIX,
        ],
    )


def fill(run_id: str = "") -> Order:
    """A run that fetches again what failed in another one."""
    return _trigger(
        MANUAL,
        conf={},
        title="Fetch again what failed",
        says="Creators of whom covers failed for a reason that may pass, such as timeout or "
        "http_503, get new collages with the options of that run. Kept covers are not fetched "
        "again. It can be repeated until there is nothing to fill.",
        button="Fill the run",
        fields=[
            Field(name="conf.parent", label="The run to fill", value=run_id, required=True),
            Field(
                name="conf.timeout",
                label="Seconds for a try",
                kind="number",
                hint="empty: as in that run",
            ),
        ],
    )


def redrive(run_id: str = "") -> Order:
    """Messages of the dead-letter queue are sent again."""
    return _trigger(
        REDRIVE,
        conf={},
        title="Send failed messages again",
        says="Messages that failed for good, or five times, wait in the dead-letter queue. First "
        "fix what made them fail. A dry run only says in its note and log what it would do.",
        button="Redrive",
        fields=[
            Field(name="conf.run_id", label="Of the run", value=run_id, hint="empty: of all"),
            Field(name="conf.dry_run", label="Only a dry run", kind="flag", value=True),
        ],
    )


def quarter(today: date) -> Order:
    """The three months before this one, as runs of the schedule."""
    ends = today.replace(day=1)
    first, last = _months_before(ends, 3), _months_before(ends, 1)
    return Order(
        dag_id=MONTHLY,
        title="Backfill a quarter",
        says="One run of the monthly DAG for each month from the first to the last, one after the "
        "other. Months that have a run already are left out. Airflow asks again before a dear "
        "month is sent.",
        button="Start the backfill",
        to="/api/v2/backfills",
        body={
            "dag_id": MONTHLY,
            "run_backwards": False,
            "max_active_runs": 1,
            "reprocess_behavior": "none",
            "dag_run_conf": {},
        },
        fields=[
            Field(
                name="from_date",
                label="First month",
                kind="date",
                value=f"{first:%Y-%m-%d}",
                required=True,
                hint="its first day",
            ),
            Field(
                name="to_date",
                label="Last month",
                kind="date",
                value=f"{last:%Y-%m-%d}",
                required=True,
                hint="its first day",
            ),
        ],
        then=f"/cover-collages/runs?dag_id={MONTHLY}",
        airflow=f"{airflow_urls.dag(MONTHLY)}/backfills",
    )


def stop(line: DagRunLine) -> Order:
    """A run ends, with what is done."""
    return Order(
        dag_id=line.dag_id,
        title="Stop",
        says="Marks the run as failed. Its workers end within a minute if the task wait is "
        "deferred; what dispatch has sent before that is worked on. What is done stays done. Go "
        "on whenever you like.",
        button="Stop this run",
        method="PATCH",
        to=f"/api/v2/dags/{quoted(line.dag_id)}/dagRuns/{quoted(line.dag_run_id)}",
        body={"state": "failed"},
        paused_matters=False,
        airflow=airflow_urls.dag_run(line.dag_id, line.dag_run_id),
    )


def go_on(line: DagRunLine) -> Order:
    """A run that was stopped, or has failed, does what is left."""
    return Order(
        dag_id=line.dag_id,
        title="Go on",
        says="Clears dispatch and the tasks after it: chunks that are not done are sent again, and "
        "only those.",
        button="Go on with this run",
        to=f"/api/v2/dags/{quoted(line.dag_id)}/clearTaskInstances",
        body={
            "dry_run": False,
            "dag_run_id": line.dag_run_id,
            "task_ids": ["dispatch"],
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        },
        airflow=airflow_urls.dag_run(line.dag_id, line.dag_run_id),
    )


def everyday() -> Mapping[str, Order]:
    """What is ordered on pages of its own, by the last part of their addresses."""
    today = datetime.now(UTC).date()
    return {
        "last-month": last_month(today),
        "trial": trial(),
        "csv": csv(),
        "quarter": quarter(today),
        "fill": fill(),
        "redrive": redrive(),
    }


def titles(dag_ids: Collection[str]) -> list[tuple[str, str]]:
    """The last part of the address and the title of what these DAGs do."""
    return [(what, order.title) for what, order in everyday().items() if order.dag_id in dag_ids]


_PREFIX = Field(
    name="conf.output_prefix", label="Folder", hint="below collages/manual/; empty: none"
)


def _months_before(first: date, months: int) -> date:
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    return first

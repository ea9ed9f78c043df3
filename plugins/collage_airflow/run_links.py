"""The URLs of a run's pages, for whoever links to them: tasks, and the pages themselves."""

from typing import TYPE_CHECKING, Final, override
from urllib.parse import quote, urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

PREFIX: Final = "/cover-collages"
"""Where Airflow's web server has the pages."""


def dag_run_path(dag_id: str, dag_run_id: str) -> str:
    """The page of a run, by the names that Airflow has for it; below PREFIX."""
    return f"/dags/{quote(dag_id, safe='')}/runs/{quote(dag_run_id, safe='')}"


class CollagesLink(BaseOperatorLink):
    """A button on a task: the page of its run."""

    name = "Collages"

    @override
    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:
        # Its address, not that of Airflow's tab: Airflow 3.3.1 cannot open a tab of a plugin from
        # outside. Without a host, so that it is that of whoever clicks.
        root = urlsplit(conf.get("api", "base_url", fallback="/")).path.rstrip("/")
        return f"{root}{PREFIX}{dag_run_path(ti_key.dag_id, ti_key.run_id)}"

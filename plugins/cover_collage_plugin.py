"""What Airflow itself loads of this product: pages, notes of runs, and what deadlines count from.

Every task's process imports this file, so it imports next to nothing.
"""

from airflow.plugins_manager import AirflowPlugin

from collage_airflow import run_notes
from collage_airflow.run_links import PREFIX
from collage_airflow.run_page.lazy_app import LazyApp
from collage_airflow.scheduled_runs import QueuedScheduledRun

_PAGES = PREFIX.removeprefix("/")
"""The pages for Airflow's own page: relative to where that is, which may be below a path."""


class CoverCollagePlugin(AirflowPlugin):
    """Registers the listener, and the reference without which no run with a deadline is made."""

    name = "cover_collage"
    listeners = [run_notes]  # noqa: RUF012 - as Airflow declares it
    deadline_references = [QueuedScheduledRun]  # noqa: RUF012 - as Airflow declares it
    fastapi_apps = [  # noqa: RUF012 - as Airflow declares it
        {"app": LazyApp(), "url_prefix": PREFIX, "name": "Cover collages"}
    ]
    react_apps = [  # noqa: RUF012 - as Airflow declares it
        {
            "name": "Cover collages",
            "bundle_url": f"{_PAGES}/static/panel.js",
            "url_route": "collages-panel",
            "destination": "dashboard",
        }
    ]
    external_views = [  # noqa: RUF012 - as Airflow declares it
        {
            "name": "Collages",
            "href": f"{_PAGES}/runs",
            "url_route": "collages",
            "destination": "nav",
            "nav_top_level": True,
        },
        {
            "name": "Collages",
            "href": f"{_PAGES}/dags/{{DAG_ID}}/runs/{{RUN_ID}}",
            "url_route": "collages-of-run",
            "destination": "dag_run",
        },
        {
            "name": "Collages",
            "href": f"{_PAGES}/runs?dag_id={{DAG_ID}}",
            "url_route": "collages-of-dag",
            "destination": "dag",
        },
    ]

"""The base of the steps that ask the database for covers."""

from functools import partial
from typing import TYPE_CHECKING, Any, override

from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.dag_run.request import done_until, window_asked_for
from collage_airflow.dag_run.window import stand_in_window
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import COVERS_CONNECTION
from collage_core.contract.window import Window
from collage_core.errors import SettingError
from collage_core.layout.schedule import Schedule

if TYPE_CHECKING:
    import jinja2
    from airflow.sdk import Context


class CoversOperator(AwsOperator):
    """A step that reads covers with `sql`, which may also name a file beside the DAG.

    The SQL selects creator_name, cover_url and updated_at of the covers between
    %(window_start)s and %(window_end)s, ordered by the bytes of the name, newest first.
    `schedule` is that of the DAG: it decides the run's names, and the default window. In a DAG
    without a schedule every run is a manual run, and must be given a window or a CSV.

    Templates may use `window_start` and `window_end`, aware datetimes in UTC, the same for every
    kind of run, and the parts of `covers` (CoversTable.in_sql).
    """

    template_fields = (*AwsOperator.template_fields, "mysql_conn_id", "sql")
    template_ext = (".sql",)
    template_fields_renderers = {"sql": "mysql"}  # noqa: RUF012 - as BaseOperator declares it

    def __init__(
        self,
        *,
        sql: str,
        schedule: Schedule | KeepSchedule | None = None,
        covers: CoversTable | None = None,
        mysql_conn_id: str = COVERS_CONNECTION,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.covers = covers
        self.schedule = schedule
        self.mysql_conn_id = mysql_conn_id
        self.run_covers = covers
        """`covers` with its templates rendered."""

    @override
    def render_template_fields(
        self, context: "Context", jinja_env: "jinja2.Environment | None" = None
    ) -> None:
        env = jinja_env or self.get_template_env()
        offered: Any = {**context}
        if (window := _window(context, self.schedule)) is not None:
            offered |= {"window_start": window.start, "window_end": window.end}
        if self.covers is not None:
            render = partial(self.render_template, context=offered, jinja_env=env)
            self.run_covers = self.covers.rendered(render)
            offered["covers"] = self.run_covers.in_sql()
        super().render_template_fields(offered, env)


def _window(context: "Context", schedule: Schedule | KeepSchedule | None) -> Window | None:
    """The run's window, or a substitute if it takes in a CSV, or its params are wrong.

    The check task reports wrong params together with all other problems. To find those, it needs
    rendered SQL.
    """
    dag_run = context.get("dag_run")
    if dag_run is None:
        return None
    try:
        until = done_until(context, schedule)
        window = window_asked_for(dag_run, context["params"], schedule, until)
    except SettingError:
        window = None
    return window or stand_in_window(schedule, dag_run.run_after)

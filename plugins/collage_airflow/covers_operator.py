"""The base of the steps that ask the database for covers."""

from typing import Any

from airflow.sdk import BaseOperator

from collage_airflow.settings import AWS_CONNECTION, COVERS_CONNECTION
from collage_core.schedule import Schedule


class CoversOperator(BaseOperator):
    """A step that is told the SQL of the covers; `sql` may name a file beside the DAG.

    The SQL gives creator_name, cover_url and updated_at of the covers between
    %(window_start)s and %(window_end)s, ordered by the bytes of the name, newest first.
    `schedule` is that of the DAG: it decides the run's names, and the window of a run without one.
    """

    template_fields = ("sql",)
    template_ext = (".sql",)
    template_fields_renderers = {"sql": "mysql"}  # noqa: RUF012 - as BaseOperator declares it

    def __init__(
        self,
        *,
        sql: str,
        schedule: Schedule,
        mysql_conn_id: str = COVERS_CONNECTION,
        aws_conn_id: str = AWS_CONNECTION,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.schedule = schedule
        self.mysql_conn_id = mysql_conn_id
        self.aws_conn_id = aws_conn_id

"""The statement for the covers of a table: what `dags/sql/covers_in_window.sql` says of it.

A test holds the two together. The file of the DAG is there to be edited, and rendered by Airflow.
"""

from collage_core.database.covers_table import CoversTable

_COVERS = """\
SELECT
    c.{creator_name} AS creator_name,
    {cover} AS cover_url,
    {moment} AS updated_at
FROM {table} AS c
WHERE
    {in_window}{only}
ORDER BY
    CAST(CONVERT(c.{creator_name} USING utf8mb4) AS BINARY),
    {order} DESC,
    c.{id} DESC
"""


def covers_sql(table: CoversTable) -> str:
    """The covers from window_start up to but without window_end, by creator and newest first."""
    parts = table.in_sql()
    only = f"\n    AND (\n        {parts['only']}\n    )" if parts["only"] else ""
    return _COVERS.format_map({**parts, "only": only})

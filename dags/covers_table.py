"""The table of covers, for all DAGs: its name, its columns, and which of its rows.

Change it here for your own table; docs/tables.md has many to copy from. For example:
CoversTable(table="media.videos", updated_at="create_time", updated_at_holds="unix_seconds",
only="deleted_at IS NULL"). What names cannot say, a join for instance, belongs in the SQL file.

Airflow puts the folder of the DAGs on Python's path, so that the DAG files can import this one.
`.airflowignore` keeps it from being searched for DAGs.
"""

from collage_airflow.database.covers_table import CoversTable

COVERS = CoversTable()

COVERS_SQL = "sql/covers_in_window.sql"
"""The statement, as a path from the DAG files."""

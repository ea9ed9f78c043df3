"""The database that holds the covers: connected to, checked for completeness, and read.

The connection:

- `connection`: a session with its snapshot, ready for the query.
- `definition`: checks the Airflow connection before it is used.
- `connection_text`: why an environment variable does not define a connection.
- `json_object`: JSON in which nothing is ignored.
- `hook`: Airflow's MySQL hook with time limits.
- `tls`: whether the session is encrypted as the connection asks.
- `session`: the session settings that the server must accept.
- `server_kind`: MariaDB or MySQL.
- `server_errors`: what to do about each error of the server.
- `completeness`: whether the server can have all rows of a window yet.

The query:

- `query`: the covers of a window as a stream of rows.
- `statement`: removes the semicolon at the end of a statement.
- `columns`: the types of columns by name, and some of their values.
- `covers_table`: the settings `COVERS` of a DAG: which table, which columns.
- `time_column`: the SQL for the time column.
- `strptime_format`: a strptime format in the terms of the database.
- `json_path`: the SQL for a path in a JSON column.
"""

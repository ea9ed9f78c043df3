"""The database that holds the covers: connected to, checked for completeness, and read.

The connection:

- `connection`: a session with its snapshot, ready for the query.
- `definition`: checks the Airflow connection before it is used.
- `connection_text`: why an environment variable does not define a connection.
- `json_object`: JSON in which nothing is ignored.
- `hook`: Airflow's MySQL hook with time limits.
- `tls`: whether the session is encrypted as the connection asks.
- `server_errors`: what to do about each error of the server.
- `completeness`: whether the server can have all rows of a window yet.

The query, for which the core has the SQL (`collage_core/database/`):

- `query`: columns and spans of the covers, and their rows as a stream.
- `census`: the creators of a window with their rows, and a sample of its URLs.
- `columns`: the types of columns by name, and some of their values.
- `covers_table`: the settings `COVERS` of the DAGs, which may be templates.
"""

"""The database that holds the covers: what it is asked, over a connection that the caller opened.

- `driver`: what is needed of a connection; any driver made like MySQLdb has it.
- `session`: the session settings that the server must accept, and its snapshot.
- `server_kind`: MariaDB or MySQL.
- `query`: the count and the query of the covers in a window.
- `covers_sql`: the statement for a table that needs no SQL file.
- `covers_table`: which table, which columns.
- `statement`: removes the semicolon at the end of a statement.
- `time_column`: the SQL for the time column.
- `strptime_format`: a strptime format in the terms of the database.
- `json_path`: the SQL for a path in a JSON column.
"""

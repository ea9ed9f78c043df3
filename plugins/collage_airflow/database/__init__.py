"""The database of covers: the connection to it, whether its rows are complete, and the query."""

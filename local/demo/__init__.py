"""The demo: the sample month through the whole system, from the database to the summary."""

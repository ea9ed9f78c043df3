"""The demo: the sample month through the whole system, from the database to the summary.

- `run`: triggers the DAG, follows it, and checks its books.
- `on_twin`: the same on the twin, which is started and stopped.
- `progress`: shows a run while it is running.
- `results`: what the run left in S3, and the rows that the database counts.
- `report`: the books as a table, and where the pictures are.
"""

"""The demo: the sample month through the whole system, from the database to the summary.

`run` triggers the DAG and shows its `progress`; `results` reads the objects that it wrote, which
`report` and `contact_sheet` show.
"""

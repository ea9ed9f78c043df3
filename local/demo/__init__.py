"""The demo: the sample month through the whole system, from the database to the summary.

`run` triggers the DAG and shows its `progress`; `results` are what it left, shown as a `report`
and a `contact_sheet`.
"""

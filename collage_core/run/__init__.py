"""A run, from its plan to its statistics. Airflow, the function and the command line call these.

- `run`: a run whose manifest is written: its unfinished chunks and its receipts.
- `claims`: reserves the second that is in the keys of a run.
- `plan`: names the chunks and writes the manifest.
- `estimate`: the cost and the duration, before anything is sent.
- `price_table`: the same for several runs at once, before anything is read.
- `dispatch`: sends the chunks that have no receipt.
- `close`: reconciles the books, then writes the batch results, then the summary.
- `reconcile`: a manifest and all its receipts to one summary.
- `batch_results`: the day's results as CSV.
- `summaries`: the summaries in the output bucket.
- `statistics`: the log and the books of a day and the report of a month, from the summaries.
- `archive`: moves the CSV of a closed run to the archive, and finds it there.

Runs without Airflow:

- `ingest`: a CSV from outside becomes a run.
- `named_csv`: a CSV of the input bucket that a person or a message names.
- `ordered_csv`: the ordered copy of such a CSV, which the workers read.
- `finish`: the worker that writes the last receipt of such a run closes it.
- `quarantine`: moves a CSV that cannot be used out of the way, with the reason.
- `local`: a whole run in one process, for the command line.
"""

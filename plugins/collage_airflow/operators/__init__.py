"""One operator per task, and what several of them are based on.

The tasks, in their order:

- `check`: asks for everything that a run needs, and names all that is missing.
- `extract`: the covers of a window from the database into one CSV.
- `empty_window`: what is said of a window without covers, and when that is an error.
- `plan`: counts the run, and estimates its cost and duration.
- `dispatch`: one message per chunk that has no receipt.
- `wait`: until every chunk has its receipt.
- `reconcile`: the books, the summary and the batch results.
- `archive`: moves the CSV.
- `publish`: the statistics, and the event that they are new.

Their bases:

- `aws_operator`: one hook for S3.
- `covers_operator`: asks the database for covers.
- `run_operator`: works on a run whose manifest is written.
- `deferrable_operator`: is deferred, and ends also when no triggerer is alive.
"""

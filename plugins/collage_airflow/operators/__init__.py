"""One operator per task, and their base classes.

The tasks, in their order:

- `check`: looks for everything that a run needs, and names all that is missing.
- `estimate`: for a dry run, prints the price and ends the run; asks about a backfill.
- `extract`: the covers of a window from the database, or those of a CSV from outside, into one CSV.
- `empty_window`: the warning or the error about a window without covers.
- `plan`: counts the run, and estimates its cost and duration.
- `approve`: asks a person, if the run is dear, long or mostly dead.
- `dispatch`: sends each chunk that has no receipt to the workers.
- `wait`: waits until every chunk has its receipt.
- `reconcile`: writes the books, the summary and the batch results.
- `verify`: compares the books with the objects in the bucket.
- `archive`: moves the CSV.
- `publish`: writes the statistics, and makes the asset event.
- `rebuild`: the one task of the statistics DAG; rebuilds what changed.
- `forget`: the one task of its DAG; deletes all that is kept of a creator.
- `check_redrive`: looks for everything that `redrive` needs.
- `redrive`: sends messages of the dead-letter queue to the workers again.

`housekeeping/` has the tasks of the DAG that tidies up.

The base classes:

- `aws_operator`: one hook for S3.
- `covers_operator`: asks the database for covers.
- `asking_operator`: may ask a person, and waits for the answer.
- `run_operator`: works on a run whose manifest is written.
- `sending_operator`: sends chunks to the workers, over the queue or directly.
- `deferrable_operator`: is deferred, and ends even if no triggerer is alive.
"""

"""What is left of runs, found and put right once a day: mostly when something went wrong.

Everything here may be repeated, and goes on with the rest when one thing fails.

- `findings`: one line for a person about each thing that was found, and how many of each kind.
- `activity`: the runs in the temp bucket, and when each last made progress.
- `ended_runs`: finishes runs of CSVs from outside whose last worker did not.
- `unindexed_packs`: has the packs of runs that were never closed found by other runs.
- `lost_uploads`: starts CSVs whose event was lost, resumes those that stand still, and quarantines
  those that cannot be used.
- `stopped_runs`: sends the chunks of runs that were stopped and are not any more.
- `stale_parts`: aborts unfinished uploads, whose parts are invisible and cost money.
- `merged_days`: merges the packs of covers of a day's runs, which are many where runs are many.
- `stuck_runs`: reports runs that stand still.
- `dead_letters`: reports messages that failed.
- `lifecycles`: reports buckets that keep their objects for another time than they should.
- `lifecycle_rules`: which objects a lifecycle rule removes, and when.
"""

"""The operators of the DAG that tidies up, one per task.

- `finish`: finishes runs of CSVs from outside that no worker has finished, and indexes packs of
  runs that were never closed.
- `submit`: starts CSVs whose event was lost, and quarantines those that cannot be used.
- `abort`: aborts unfinished uploads.
- `merge`: merges the packs of covers of a day's runs.
- `report`: warns of messages that failed, runs that stand still, and lifecycles that differ.

The base class:

- `findings_operator`: logs each finding as a line, and returns how many there are of each kind.
"""

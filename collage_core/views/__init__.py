"""What people are shown of runs: values that are read from the buckets for pages, and no HTML.

Each function says how many requests it sends at most. None lists without a bound.

- `static_report`: the one page that is written: into the bucket, when a run is closed.
"""

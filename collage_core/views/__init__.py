"""What people are shown of runs: values that are read from the buckets for pages, and no HTML.

- `months`: the months of a year, for a calendar.
- `month`: one month with its runs.
- `compared_months`: what changed from one month to another.
- `uploads`: CSVs that people drop: what waits, what was refused, what became runs.
- `day_logs`: the runs of some days one by one.

Each function says how many requests it sends at most. None lists without a bound.
"""

"""What people are shown of runs: values that are read from the buckets for pages, and no HTML.

Each function says how many requests it sends at most. None lists without a bound.

- `months`: the months of a year, for a calendar.
- `month`: one month with its runs.
- `compared_months`: what changed from one month to another.
- `uploads`: CSVs that people drop: what waits, what was refused, what became runs.
- `day_logs`: the runs of some days one by one.
- `run_view`: one run: its state, plan, books and progress.
- `run_state`: the states of a run, in words.
- `run_documents`: its documents, wherever they are by now.
- `run_folder`: what is in the folder of a run while it works, by few listings.
- `throughput`: chunks and rows that were done over time.
- `chunks`: a page of the table of chunks.
- `gallery`: a page of the creators of a run, searched and filtered.
- `creator_index`: the creators of a run in little memory, for the gallery.
- `creator`: one creator of a run: which cover is in which cell, and why others are in none.
- `history`: all collages of a creator, and creators by the beginning of their names.
- `documents`: reads documents; one that cannot be read is named, and the page goes on.
- `etag_cache`: keeps the newest decoded objects in memory.
- `static_report`: the one page that is written: into the bucket, when a run is closed.
"""

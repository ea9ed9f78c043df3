"""Benchmarks: the product's speed and memory beside what one would use or write instead.

`extract/` compares the extract task, `collage/` the worker, `intake/` the ordering of a CSV from
outside, `planning/` the search for packs, `orchestration/` what Airflow and AWS have to do for a
run of many chunks, and `run_page/` what the pages about a run read. Each is a track: its
contenders, its load and its checks. `harness/` runs them all. `crops/` compares the ways to crop a
cover, by the heads that they keep. `python -m benchmarks.extract`, and so on for each of them;
docs/benchmarks.md has the results.
"""

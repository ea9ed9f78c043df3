"""Benchmarks: the product's speed and memory beside what one would use or write instead.

`extract/` compares the extract task, `collage/` the worker, and `intake/` the ordering of a CSV
from outside. Each is a track: its contenders, its load and its checks. `harness/` runs them all.
`python -m benchmarks.extract`, `.collage` and `.intake`; docs/benchmarks.md has the results.
"""

"""Benchmarks: the product's speed and memory beside what one would use or write instead.

`extract/` compares the extract task, `collage/` the worker, and `intake/` the ordering of a CSV
from outside. Each is a track: its contenders, its load and its checks. `harness/` runs them all.
`crops/` compares the ways to crop a cover, by the heads that they keep.
`python -m benchmarks.extract`, `.collage`, `.intake` and `.crops`; docs/benchmarks.md has the
results.
"""

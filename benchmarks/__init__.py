"""How fast and how lean the product is, beside what one would use or write instead.

`python -m benchmarks.extract` and `python -m benchmarks.collage`; docs/benchmarks.md has the
results and what they mean.
"""

"""The names of things in the buckets."""

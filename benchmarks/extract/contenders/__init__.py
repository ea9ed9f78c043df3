"""The programs that are measured: each takes the same rows to one CSV, in its own way."""

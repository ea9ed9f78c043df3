"""A run: planned, followed, closed."""

"""One operator per task."""

"""What a host answered, kept for a look at covers that failed."""

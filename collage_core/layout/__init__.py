"""How objects in the buckets are named."""

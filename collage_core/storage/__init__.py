"""Object stores and the queue: what the core asks of the world around it."""

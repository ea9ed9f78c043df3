"""Keeps the answers of hosts, so that failed covers can be examined."""

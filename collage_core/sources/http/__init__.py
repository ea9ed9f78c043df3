"""Fetches covers over HTTP from untrusted hosts."""

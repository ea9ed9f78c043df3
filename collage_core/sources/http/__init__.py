"""Covers fetched over HTTP, from hosts that nobody here trusts."""

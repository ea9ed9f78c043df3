"""Fetch the bytes of covers."""

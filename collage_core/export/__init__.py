"""Covers out of a database: rows to the bytes of a CSV and its chunks, bytes to S3."""

"""Covers on their way into the input bucket: rows to the bytes of a CSV, bytes to S3."""

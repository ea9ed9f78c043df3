"""Covers as rows: reading and writing CSVs, cutting them into chunks, choosing what is placed."""

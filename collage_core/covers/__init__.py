"""Covers as rows: CSVs read, written and cut into chunks, and URLs of one picture recognised."""

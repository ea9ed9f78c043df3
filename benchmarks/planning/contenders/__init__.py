"""The programs that are measured: `ours` is the core.

`every_pair` writes the same documents without an order to its join; `reading` only reads.
"""

"""The programs that are measured: `ours` reads what a page shows, `naive` all receipts.

`asking` is what they share: a client, and the count of its requests.
"""

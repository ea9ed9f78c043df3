"""What a deferred task waits for, in the triggerer.

- `receipts`: fires when every chunk of a run has its receipt.
"""

"""Where the bytes of a cover come from.

- `result`: what fetching a cover gives: its bytes, or the reason why there are none.
"""

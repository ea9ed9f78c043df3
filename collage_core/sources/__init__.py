"""Where the bytes of a cover come from.

- `source`: the interface of a source, which the engine is given.
- `result`: what a source returns: bytes, or the reason why there are none.
"""

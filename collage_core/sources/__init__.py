"""Where the bytes of a cover come from."""

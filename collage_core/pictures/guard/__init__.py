"""Limits that reject decompression bombs before decoding."""

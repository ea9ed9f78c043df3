"""Answers to covers that failed, kept for debugging.

- `failed_answers`: writes them to the temp bucket.
- `recorder`: records the headers and the first bytes of a 2xx answer.
- `content_coding`: decompresses an incomplete body as far as possible.
- `redaction`: removes signatures, and headers of requests, from what is kept.
"""

"""The worker on AWS Lambda: events in, the core's work, objects and receipts out.

The way of an event: `handler` -> `events` -> `s3_event`, `sqs_batch` or `messages` ->
`upload` and `chunk_work` -> `run` of the core.
"""

__version__ = "0.1.0"

"""The worker on AWS Lambda: an event comes in, the core does the work, objects and receipts go out.

An event goes one way: `handler` -> `route` -> `sqs`, `s3` or `direct` -> a chunk or a CSV -> its
receipt.

Around every event:

- `handler`: the entry point, and the cold start.
- `services`: the store and the queue, made once per cold start.
- `settings`: the environment variables that a worker needs.
- `logs`: what is logged, and what never is.
- `last_lines`: the last lines that were logged.
- `error_logs`: keeps them, when an attempt has failed, for debugging.
- `metrics`: the line from which CloudWatch makes metrics of a chunk.
- `meter`: measures what AWS bills for a chunk: time and requests.
- `invocation`: one `Invocation`, which the rest of the worker is given: services, time left, and
  the name of the delivery.
- `under_way`: the creators that are begun and not done, for whoever tells of a failure.

One module per kind of event, chosen by `route`:

- `sqs`: a batch of messages from the queue.
- `failed_messages`: why an attempt failed, and when its message comes back; one that cannot
  succeed goes to the dead-letter queue at once.
- `failed_events`: an event that Lambda gave up, and that a redrive has brought to the queue.
- `direct`: a message by a direct invocation.
- `s3`: a notification that a CSV was uploaded.
- `self_check`: the answer to `{}`.

The work:

- `messages`: one message, from the queue or a direct invocation: a chunk, a small CSV or the name
  of one.
- `whole_csv`: a message that names a CSV of the input bucket.
- `chunk`: one chunk, from its bytes to its receipt.
- `chunk_rows`: its bytes, proved to be those that were planned.
- `chunk_receipts`: its receipt and partial receipt, and the message for the rest of a chunk that
  ran out of time.
- `heartbeat`: that a worker is at a chunk, that it has died there, and that its run is stopped.
- `upload`: a CSV from outside becomes a run, which is worked on here or dispatched.
"""

"""S3, SQS and Lambda, over a boto3 client that the caller passes in.

- `s3_store`: the object store on S3.
- `s3_rights`: the right that each request to S3 needs, and how to say that it is missing.
- `again`: makes a request again, some times, that met another one at the same object.
- `request_counts`: counts requests to S3 by what S3 charges for them.
- `s3_move`: moves a CSV within its bucket: copy, compare, delete.
- `multipart`: uploads an object in parts: it appears whole or not at all.
- `chunk_queue`: sends chunk messages to SQS, and sends again what SQS refused.
- `chunk_invocations`: sends them to the function itself, past the queue.
- `dead_letters`: receives messages of the dead-letter queue, deletes them and makes them visible.
- `queue_state`: the attributes of a queue: how many messages it has, and its dead-letter queue.
- `queue_commands`: the commands that fix a queue, for a person to paste.
"""

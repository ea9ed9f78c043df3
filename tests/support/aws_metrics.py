"""The metrics that AWS has of a function, a queue and a bucket, by their names and dimensions.

As written in the guides of June 2026: "Types of metrics for Lambda functions" (Lambda), "Available
CloudWatch metrics for Amazon SQS" (SQS), "Amazon S3 CloudWatch metrics" (S3). Those that only
other kinds of functions and queues have are left out.
"""

from collections.abc import Mapping

type Metric = tuple[str, str, frozenset[str]]
"""The namespace, the name, and the names of the dimensions."""

_BY_DIMENSIONS: Mapping[tuple[str, ...], str] = {
    ("AWS/Lambda", "FunctionName"): """
        Invocations Errors DeadLetterErrors DestinationDeliveryFailures Throttles
        RecursiveInvocationsDropped Duration PostRuntimeExtensionsDuration ConcurrentExecutions
        AsyncEventsReceived AsyncEventAge AsyncEventsDropped
    """,
    ("AWS/SQS", "QueueName"): """
        ApproximateAgeOfOldestMessage ApproximateNumberOfMessagesDelayed
        ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesVisible
        NumberOfEmptyReceives NumberOfMessagesDeleted NumberOfMessagesReceived NumberOfMessagesSent
        SentMessageSize
    """,
    ("AWS/S3", "BucketName", "StorageType"): "BucketSizeBytes NumberOfObjects",
    ("AWS/S3", "BucketName", "FilterId"): """
        AllRequests GetRequests PutRequests DeleteRequests HeadRequests PostRequests SelectRequests
        SelectBytesScanned SelectBytesReturned ListRequests BytesDownloaded BytesUploaded 4xxErrors
        5xxErrors FirstByteLatency TotalRequestLatency
    """,
}

AWS_METRICS: frozenset[Metric] = frozenset(
    (namespace, name, frozenset(dimensions))
    for (namespace, *dimensions), names in _BY_DIMENSIONS.items()
    for name in names.split()
)

STORAGE_TYPES = frozenset(
    ["StandardStorage", "StandardIAStorage", "GlacierInstantRetrievalStorage", "AllStorageTypes"]
)
"""Values of the dimension: of the classes that the buckets have, and of the count of objects."""

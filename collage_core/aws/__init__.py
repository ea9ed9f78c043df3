"""S3 and SQS, over clients that the caller creates."""

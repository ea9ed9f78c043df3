"""S3 and SQS over clients handed in."""

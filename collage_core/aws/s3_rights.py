"""Which right a request to S3 needs, and how to say that it is missing."""

import re

DENIED = {"403", "AccessDenied"}
"""Error codes of S3 for a right that is missing. The answer to a HEAD has no body, and so no name
for it."""

RIGHTS = {
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "CompleteMultipartUpload": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "DeleteObjects": "s3:DeleteObject",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjectsV2": "s3:ListBucket",
    "PutObject": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
}
"""The action that IAM checks, by the name of each operation that is used here."""

_NAMED = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)")


_FORBIDDEN = "with an explicit deny"


def allow_it(operation: str, message: str) -> str:
    """The fix for an operation that was denied, as the end of a line.

    S3's message names the action, unless it answers a HEAD or somebody of another account. It may
    be another one than that of the operation: that of the bucket's key, or of what is copied.
    """
    named = _NAMED.search(message)
    right = named[1] if named else RIGHTS.get(operation, operation)
    if _FORBIDDEN in message:
        return (
            f"a policy denies {right}, whatever others allow: find the Deny in those of the role "
            "or user, or in that of the bucket"
        )
    return f"allow {right} in the policy of the role or user that makes the request"

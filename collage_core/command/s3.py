"""S3 for the command, through the extra `aws`: boto3, with credentials as it finds them."""

from collections.abc import Iterator
from contextlib import contextmanager

from collage_core.aws.s3_store import S3Store
from collage_core.command.outcome import EXIT_FAILED, EXIT_UNUSABLE, CommandError
from collage_core.errors import CollageError

_HOW_TO_INSTALL = (
    "boto3 is missing: install the extra aws, for example with `uv tool install '.[aws]'` or "
    "`pip install '.[aws]'`"
)

_HOW_TO_LOG_IN = (
    "no credentials are found: set AWS_PROFILE to a profile that `aws configure list-profiles` "
    "shows, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)


@contextmanager
def s3_store(bucket: str) -> Iterator[S3Store]:
    """The store, for the time of the block.

    Raises CommandError when boto3 is missing, and when the block raises an error of ours or of
    boto3's, which is said to be about `bucket`.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, NoCredentialsError
    except ImportError as error:
        raise CommandError(_HOW_TO_INSTALL, EXIT_UNUSABLE) from error
    try:
        yield S3Store(boto3.client("s3"))
    except NoCredentialsError as error:
        raise CommandError(f"bucket {bucket}: {_HOW_TO_LOG_IN}", EXIT_FAILED) from error
    except (CollageError, BotoCoreError) as error:
        raise CommandError(f"bucket {bucket}: {error}", EXIT_FAILED) from error

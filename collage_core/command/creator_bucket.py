"""The collages of a creator in an output bucket, through the extra `aws`."""

from itertools import islice

from collage_core.aws.s3_store import S3Store
from collage_core.command.outcome import EXIT_FAILED, EXIT_UNUSABLE, CommandError
from collage_core.errors import CollageError
from collage_core.layout import keys
from collage_core.layout.creator_files import CreatorFile

MOST_KEYS = 10_000
"""The most keys that are listed of one creator: ten requests."""

_HOW_TO_INSTALL = (
    "boto3 is missing: install the extra aws, for example with `uv tool install '.[aws]'` or "
    "`pip install '.[aws]'`"
)


def collages_in_bucket(bucket: str, creator: str, *, timestamp: str | None) -> list[str]:
    """The keys of the copies by creator, of one run or of all, the oldest first.

    Raises CommandError when boto3 is missing, or when S3 cannot be asked or refuses.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise CommandError(_HOW_TO_INSTALL, EXIT_UNUSABLE) from error
    try:
        store = S3Store(boto3.client("s3"))
        found = islice(store.list_keys(bucket, keys.by_creator(creator)), MOST_KEYS)
        files = ((key, CreatorFile.of(key)) for key in found)
        return [key for key, file in files if file and timestamp in {None, file.timestamp}]
    except (CollageError, BotoCoreError) as error:
        raise CommandError(f"bucket {bucket}: {error}", EXIT_FAILED) from error

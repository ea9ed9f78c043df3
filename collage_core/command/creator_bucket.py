"""The collages of a creator in an output bucket, through the extra `aws`."""

from itertools import islice

from collage_core.command.s3 import s3_store
from collage_core.layout import keys
from collage_core.layout.creator_files import CreatorFile

MOST_KEYS = 10_000
"""The most keys that are listed of one creator: ten requests."""


def collages_in_bucket(bucket: str, creator: str, *, timestamp: str | None) -> list[str]:
    """The keys of the copies by creator, of one run or of all, the oldest first.

    Raises CommandError when boto3 is missing, or when S3 cannot be asked or refuses.
    """
    with s3_store(bucket) as store:
        found = islice(store.list_keys(bucket, keys.by_creator(creator)), MOST_KEYS)
        files = ((key, CreatorFile.of(key)) for key in found)
        return [key for key, file in files if file and timestamp in {None, file.timestamp}]

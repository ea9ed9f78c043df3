"""What the store of a worker reads to send it."""

import io
import zlib
from typing import override

from tests.support.lambda_world import World

_BODY = bytes(range(256)) * 1000


class CountingFile(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.count += len(found)
        return found


def test_a_file_whose_checksum_is_known_is_read_once(world: World) -> None:
    """All that reads a pack again is CPU time of each cover, as when botocore signs it."""
    file = CountingFile(_BODY)
    store, bucket = world.services.store, world.settings.temp_bucket
    store.put(bucket, "k", file, content_type="application/zip", crc32=zlib.crc32(_BODY))
    assert file.count == len(_BODY)
    found = store.head(bucket, "k")
    assert found is not None
    assert found.bytes == len(_BODY)

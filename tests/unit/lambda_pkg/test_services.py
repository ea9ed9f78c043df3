"""What the store of a worker reads to send it."""

import io
import zlib
from typing import Any, override

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


def test_a_worker_signs_no_body(world: World) -> None:
    """So a policy of a bucket that refuses UNSIGNED-PAYLOAD would refuse it (docs/security.md)."""
    store, bucket, signed = world.services.store, world.settings.temp_bucket, set[str]()

    def note(request: Any, **_: Any) -> None:
        value = request.headers["X-Amz-Content-SHA256"]
        signed.add(value.decode() if isinstance(value, bytes) else value)

    events = store.client.meta.events
    events.register("before-send.s3", note)
    try:
        store.put(bucket, "k", io.BytesIO(b"x"), content_type="x/y", crc32=zlib.crc32(b"x"))
        store.put(bucket, "k", b"x", content_type="x/y")
        store.get(bucket, "k")
    finally:
        events.unregister("before-send.s3", note)
    assert signed == {"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}

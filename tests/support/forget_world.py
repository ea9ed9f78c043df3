"""Three buckets on S3, and what runs leave of several creators."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import boto3
import pytest
from moto import mock_aws
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.forgotten import Forgotten
from collage_core.contract.pack import Pack, PackIndex
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.forgetting.forget import forget, look_for
from collage_core.layout import keys
from collage_core.packs.archive import write_pack
from collage_core.packs.description import describe
from collage_core.packs.members import member_stem
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, to_document

SETTINGS = Settings()
DAY = date(2026, 10, 1)
MOMENT = RunTimestamp.parse("20261001_000000").moment


@dataclass(frozen=True, slots=True)
class Packs:
    """Writes packs and indexes as workers and closed runs do."""

    store: S3Store
    day: date = DAY

    def folder(self, run_id: str = "r") -> str:
        return keys.packs_of_run(self.day, run_id)

    def pack(self, creators: str, chunk: str = "c", run_id: str = "r") -> Pack:
        """A pack with a cover of each of these creators, separated by blanks."""
        names = creators.split()
        covers = [(f"{member_stem(name, url_of(name))}.jpg", body_of(name)) for name in names]
        out = BytesIO()
        pack = Pack(
            key=keys.pack(self.folder(run_id), chunk, 0),
            etag="new",
            bytes=1,
            directory_at=write_pack(out, covers, MOMENT),
            covers=len(names),
            first_creator=names[0],
            last_creator=names[-1],
        )
        etag = self.store.put(
            SETTINGS.temp_bucket,
            pack.key,
            out,
            content_type="application/zip",
            metadata=describe(pack),
        )
        return replace(pack, etag=etag, bytes=out.tell())

    def index(self, *packs: Pack, folder: str | None = None, run_id: str = "r") -> str:
        """The index of a run, or that of another folder."""
        key = keys.pack_index(folder or self.folder())
        index = PackIndex(runs=[run_id], packs=packs)
        self.store.put(SETTINGS.temp_bucket, key, to_document(index), content_type=JSON)
        return key


def url_of(creator: str) -> str:
    return f"https://cdn.example/{creator.encode().hex()}.jpg"


def body_of(creator: str) -> bytes:
    return f"the cover of {creator}".encode()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    """S3 with three empty buckets."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        for name in (SETTINGS.input_bucket, SETTINGS.output_bucket, SETTINGS.temp_bucket):
            s3.create_bucket(Bucket=name)
        yield S3Store(s3)


@pytest.fixture
def packs(store: S3Store) -> Packs:
    """What writes packs into them."""
    return Packs(store)


def put_objects(store: S3Store, creator: str, *, day: str = "20261001_000000") -> list[str]:
    """The objects of a creator of a scheduled run, by key; sorted."""
    timestamp = RunTimestamp.parse(day)
    written = [
        keys.collage(creator, timestamp, Trigger.SQS),
        keys.collage_by_creator(creator, timestamp),
        keys.thumbnail(creator, timestamp),
        keys.metadata(creator, timestamp),
    ]
    for key in written:
        put(store, key)
    return sorted(written)


def put(store: S3Store, key: str, *, bucket: str = SETTINGS.output_bucket) -> None:
    """An object of ten bytes."""
    store.put(bucket, key, b"0123456789", content_type="x/y")


def all_keys(store: S3Store, bucket: str = SETTINGS.output_bucket) -> list[str]:
    """What is in a bucket, but for receipts of what was forgotten."""
    return [key for key in store.list_keys(bucket, "") if not key.startswith(keys.FORGOTTEN)]


def covers_in_packs(store: S3Store) -> dict[str, dict[str, bytes]]:
    """The members of each pack, by key."""
    found = {}
    for key in store.list_keys(SETTINGS.temp_bucket, keys.DOWNLOADS):
        if keys.is_pack(key):
            stored = store.get(SETTINGS.temp_bucket, key)
            assert stored is not None
            with ZipFile(BytesIO(stored.body)) as pack:
                found[key] = {name: pack.read(name) for name in pack.namelist()}
    return found


def forgotten(store: S3Store, creator: str, *, at: datetime = MOMENT) -> Forgotten:
    """Forget a creator, and return the receipt."""
    found = look_for(store, SETTINGS, creator)
    key = forget(store, SETTINGS, found, receipt_id=uuid4().hex, clock=lambda: at)
    receipt = read_document(store, SETTINGS.output_bucket, key, Forgotten)
    assert receipt is not None
    return receipt

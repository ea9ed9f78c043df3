import pytest
from hypothesis import given

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from collage_core.layout.creator_files import CreatorFile
from collage_core.layout.creator_names import encode_creator
from tests.support.strategies import names

TS = RunTimestamp.parse("20261001_093000")


@given(names)
def test_a_key_says_whose_it_is(name: str) -> None:
    for kind, key in (
        ("collage", keys.collage(name, TS, Trigger.S3, "a/b")),
        ("collage", keys.collage_by_creator(name, TS)),
        ("thumb", keys.thumbnail(name, TS)),
        ("metadata", keys.metadata(name, TS)),
    ):
        file = CreatorFile.of(key)
        assert file == CreatorFile(encode_creator(name), kind, TS)
        assert file.creator in {name, None}
        assert file.shown == (name if file.creator else encode_creator(name))


def test_a_name_that_looks_like_a_key_is_a_name() -> None:
    name = "ana_collage_20260101_000000"
    assert CreatorFile.of(keys.thumbnail(name, TS)) == CreatorFile(name, "thumb", TS)


def test_the_name_of_a_long_creator_is_not_in_the_key() -> None:
    file = CreatorFile.of(keys.thumbnail("é" * 400, TS))
    assert file
    assert file.creator is None
    assert file.shown.startswith("=C3=A9")


@pytest.mark.parametrize(
    "key", [keys.processing_log(TS), keys.batch_results(TS), keys.claim(TS), "index.html", "a/.x"]
)
def test_other_objects_belong_to_nobody(key: str) -> None:
    assert CreatorFile.of(key) is None

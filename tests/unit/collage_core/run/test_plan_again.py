"""What a run that is planned again takes over from its old plan, and what workers see meanwhile."""

import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.manifest import Manifest
from collage_core.layout import keys
from collage_core.run.plan import replace_manifest
from collage_core.run.plan_again import planning_again
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST = plan([{"ana": 3}, {"ben": 2, "cem": 1}])
NOTE = keys.planning(MANIFEST.run_id)


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    return S3Store(s3)


def note(store: S3Store) -> bytes | None:
    found = store.get(SETTINGS.temp_bucket, NOTE)
    return found and found.body


def cuts(store: S3Store, manifest: Manifest) -> list[str]:
    replace_manifest(store, SETTINGS, manifest)
    with planning_again(store, SETTINGS, manifest.run_id) as names:
        return [*names]


def test_a_first_plan_is_cut_anew_and_nobody_has_to_be_told(store: S3Store) -> None:
    with planning_again(store, SETTINGS, MANIFEST.run_id) as names:
        assert (names, note(store)) == ([], None)
    assert note(store) is None


def test_a_second_plan_is_cut_where_the_first_was_and_noted_meanwhile(store: S3Store) -> None:
    replace_manifest(store, SETTINGS, MANIFEST)
    with planning_again(store, SETTINGS, MANIFEST.run_id) as names:
        assert names == ["ana", "ben"]
        assert json.loads(note(store) or b"")["run_id"] == MANIFEST.run_id
    assert note(store) is None


def test_the_note_of_a_try_that_failed_stays_until_one_succeeds(store: S3Store) -> None:
    replace_manifest(store, SETTINGS, MANIFEST)
    with (
        pytest.raises(KeyboardInterrupt),
        planning_again(store, SETTINGS, MANIFEST.run_id),
    ):
        raise KeyboardInterrupt
    assert note(store)
    with planning_again(store, SETTINGS, MANIFEST.run_id):
        pass
    assert note(store) is None


def test_chunks_of_another_length_or_without_names_are_no_example(store: S3Store) -> None:
    assert cuts(store, replace(MANIFEST, chunk_rows=7)) == []
    assert cuts(store, replace(MANIFEST, chunk_rows=None)) == []
    unnamed = [replace(chunk, first_creator=None) for chunk in MANIFEST.chunks]
    assert cuts(store, replace(MANIFEST, chunks=unnamed)) == []


def test_a_manifest_that_cannot_be_read_is_no_example_and_no_obstacle(store: S3Store) -> None:
    key = keys.manifest(MANIFEST.run_id)
    store.put(SETTINGS.temp_bucket, key, b"{", content_type="application/json")
    with planning_again(store, SETTINGS, MANIFEST.run_id) as names:
        assert names == []

"""The task that holds the books to the bucket, before the run is archived and published."""

import sys
from typing import TYPE_CHECKING

import pytest
from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.verify import VerifyOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.layout.creator_objects import RunObjects
from tests.support.airflow_aws import SETTINGS
from tests.support.recorded_runs import RUN_ID, TIMESTAMP, close_recorded_run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

COVERS = {"ana": 3, "Ben": 1}
OUT = SETTINGS.output_bucket
PLACES = RunObjects(timestamp=TIMESTAMP, trigger=Trigger.SQS)
WHOLE = (
    "run monthly-1: 4 rows, 2 creators and 8 objects compared, 1 receipts and 2 metadata read, {} "
    "collages opened: everything is as recorded"
)

type Printed = pytest.CaptureFixture[str]


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    """S3 with a run that is closed."""
    store = S3Store(s3)
    close_recorded_run(store, COVERS)
    return store


def verify() -> str:
    return VerifyOperator(task_id="verify", run_id=RUN_ID).execute({})


def test_a_whole_run_passes_with_one_line_that_counts(store: S3Store, capsys: Printed) -> None:
    before = {item.key: item for item in store.list_objects(OUT, "")}
    assert verify() == WHOLE.format(2)
    assert capsys.readouterr().out.count(f"✓ Verified {WHOLE.format(2)}") == 1
    assert {item.key: item for item in store.list_objects(OUT, "")} == before


def test_what_is_wrong_ends_the_task_for_good_with_the_fix(store: S3Store) -> None:
    gone, extra = PLACES.key("thumbnail", "ana"), PLACES.key("collage", "nobody")
    store.delete_keys(OUT, [gone])
    store.put(OUT, extra, b"left", content_type="x/y")
    with pytest.raises(AirflowFailException) as failed:
        verify()
    said = str(failed.value)
    assert "2 problems: " in said
    assert f"{gone} of 'ana' in bucket {OUT} is missing; {extra} in bucket {OUT} belongs to" in said
    assert said.endswith(
        "Fix: clear `reconcile` of this run in Airflow, and do what its log says; "
        "cover-collage verify monthly-1 --delete-extras"
    )


def test_of_many_problems_the_error_names_the_first_and_the_log_the_others(
    store: S3Store, capsys: Printed
) -> None:
    for kind in ("collage", "by_creator", "thumbnail"):
        store.delete_keys(OUT, [PLACES.key(kind, creator) for creator in COVERS])
    with pytest.raises(AirflowFailException, match="; and 1 more") as failed:
        verify()
    last = PLACES.key("thumbnail", "ana")
    assert last not in str(failed.value)
    assert f"{last} of 'ana' in bucket {OUT} is missing; fix: clear" in capsys.readouterr().out


def test_without_pillow_everything_else_is_verified_and_the_log_says_so(
    store: S3Store, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    del store
    monkeypatch.setitem(sys.modules, "collage_core.run.opened_collage", None)
    assert verify() == WHOLE.format(0)
    assert "Pillow is not installed here, so no collage was opened" in capsys.readouterr().out


def test_a_run_that_is_not_closed_is_named_with_the_fix(store: S3Store) -> None:
    key = keys.recorded_manifest(TIMESTAMP, RUN_ID)
    store.delete_keys(OUT, [key])
    with pytest.raises(MessageError, match=f"{key} is not in bucket {OUT}.*clear `reconcile`"):
        verify()

"""The task `forget`: a dry run unless the form says otherwise, and a retry that finds nothing."""

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.forget import ForgetOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.forgotten import Forgotten
from collage_core.storage.documents import read_document
from tests.support.forget_world import SETTINGS, Packs, all_keys, covers_in_packs, put_objects


@pytest.fixture
def store(s3: Any) -> S3Store:
    return S3Store(s3)


def execute(creator: object, *, dry_run: bool, try_number: int = 1) -> str | None:
    context: Any = {
        "params": {"creator": creator, "dry_run": dry_run},
        "ti": SimpleNamespace(try_number=try_number),
    }
    return ForgetOperator(task_id="forget").execute(context)


def test_a_dry_run_logs_what_there_is_and_deletes_nothing(
    store: S3Store, capsys: pytest.CaptureFixture[str]
) -> None:
    before = put_objects(store, "ana")
    Packs(store).pack("ada ana")
    assert execute("ana", dry_run=True) is None
    log = capsys.readouterr().out
    for line in ("collages: 1", "kept covers: 1", "not changed: the database", "✓ Dry run: "):
        assert line in log
    assert all_keys(store) == before


def test_everything_is_deleted_and_the_receipt_returned(store: S3Store) -> None:
    put_objects(store, "ana")
    left = put_objects(store, "ben")
    pack = Packs(store).pack("ada ana")
    key = execute("ana", dry_run=False)
    assert key
    receipt = read_document(store, SETTINGS.output_bucket, key, Forgotten)
    assert receipt
    assert receipt.kept_covers.covers == 1
    assert all_keys(store) == left
    assert len(covers_in_packs(store)[pack.key]) == 1


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_name_of_which_nothing_is_kept_fails_the_task(*, dry_run: bool) -> None:
    with pytest.raises(AirflowFailException, match="nothing is kept of 'ana'"):
        execute("ana", dry_run=dry_run)


@pytest.mark.usefixtures("store")
def test_a_retry_that_finds_nothing_left_is_done() -> None:
    assert execute("ana", dry_run=False, try_number=2) is None
    with pytest.raises(AirflowFailException, match="nothing is kept"):
        execute("ana", dry_run=True, try_number=2)


@pytest.mark.parametrize("creator", ["", "  ", None, ["ana"]])
def test_what_is_no_name_is_refused_before_anything_is_asked(creator: object) -> None:
    with pytest.raises(AirflowFailException, match="give one name, byte for byte"):
        execute(creator, dry_run=True)

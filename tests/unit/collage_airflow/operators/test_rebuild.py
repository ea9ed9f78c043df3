"""The rebuild task, against S3."""

from typing import TYPE_CHECKING, Any

import pytest

from collage_airflow.operators.rebuild import RebuildOperator
from collage_core.aws.s3_store import S3Store
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.summaries import write_summary
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import summary

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OCTOBER = summary("october", "20261001_000000", window=("2026-10-01", "2026-11-01"))
OUTPUT = SETTINGS.output_bucket


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    return S3Store(s3)


def rebuild(**params: object) -> Any:
    context: Any = {"params": params}
    return RebuildOperator(task_id="rebuild").execute(context)


def test_it_rebuilds_what_changed_and_every_month_if_it_is_asked_to(
    store: S3Store, capsys: pytest.CaptureFixture[str]
) -> None:
    write_summary(store, SETTINGS, OCTOBER)
    assert rebuild(every_month=None) == {"months": ["202610"], "covers_months": ["202610"]}
    assert "✓ Rebuilt 1 months of runs (202610) and 1 of covers (202610)" in capsys.readouterr().out
    assert rebuild(every_month=None) == {"months": [], "covers_months": []}
    assert rebuild(every_month=True) == {"months": ["202610"], "covers_months": ["202610"]}
    assert keys.covers_report(OCTOBER.run_timestamp) in store.list_keys(OUTPUT, keys.STATISTICS)


def test_a_document_that_cannot_be_read_fails_the_task_after_all_other_months(
    store: S3Store,
) -> None:
    broken = summary("broken", "20260801_000000")
    for run in (OCTOBER, broken):
        write_summary(store, SETTINGS, run)
    key = keys.processing_summary(broken.run_timestamp)
    store.put(OUTPUT, key, b"no JSON", content_type="application/json")
    with pytest.raises(MessageError, match=f"{key} in bucket {OUTPUT} cannot be read"):
        rebuild()
    assert keys.monthly_report(OCTOBER.run_timestamp) in store.list_keys(OUTPUT, keys.STATISTICS)
    store.delete_keys(OUTPUT, [key])
    assert rebuild() == {"months": [], "covers_months": []}

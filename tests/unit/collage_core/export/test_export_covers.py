"""An export from another database than Airflow's connection, into S3, and a run of it."""

import json
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).parents[4]

_EXPORT = """
import json, sqlite3, sys
from datetime import UTC, datetime

import boto3
from moto import mock_aws

from collage_core.aws.s3_store import S3Store
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.export.covers import CoversQuery, export_covers
from collage_core.run.plan import RunCsv, RunSpec, plan_run, replace_manifest
from collage_core.settings import Settings

connection = sqlite3.connect(":memory:")
connection.text_factory = bytes
connection.execute("CREATE TABLE covers (name, url, day)")
connection.executemany(
    "INSERT INTO covers VALUES (?, ?, ?)",
    [
        ("bo", "https://h/2.jpg", "2026-10-02"),
        ("ana", '["https://h/1.jpg"]', "2026-10-01"),
        ("ana", None, "2026-10-03"),
        ("late", "https://h/4.jpg", "2026-11-01"),
    ],
)
query = CoversQuery(
    "SELECT name, url, day FROM covers WHERE day >= :window_start AND day < :window_end "
    "ORDER BY name, day DESC",
    {"window_start": "2026-10-01", "window_end": "2026-11-01"},
    expected=3,
)
settings = Settings(chunk_rows=2)
with mock_aws():
    client = boto3.client("s3", region_name="us-east-1")
    for bucket in (settings.input_bucket, settings.temp_bucket):
        client.create_bucket(Bucket=bucket)
    csv = export_covers(
        connection.cursor(),
        query,
        client,
        bucket=settings.input_bucket,
        key="csv-files/a.csv",
        chunk_rows=settings.planned_chunk_rows,
    )
    spec = RunSpec(
        "simulated",
        RunTimestamp.of(datetime(2026, 10, 1, tzinfo=UTC)),
        Trigger.SQS,
        settings.processing_config,
    )
    store = S3Store(client)
    run = plan_run(store, settings, spec, RunCsv(csv.source, csv.spans), keep=replace_manifest)
    stored = store.get(csv.source.bucket, csv.source.key, etag=csv.source.etag)
loaded = {name.partition(".")[0] for name in sys.modules}
print(json.dumps({
    "csv": stored.body.decode(),
    "chunks": [[chunk.rows, chunk.creators] for chunk in run.manifest.chunks],
    "loaded": sorted(loaded & {"airflow", "collage_airflow", "MySQLdb"}),
}))
"""


def test_covers_of_any_database_become_a_run_without_airflow() -> None:
    exported = subprocess.run(  # noqa: S603 - our own interpreter and our own modules
        [sys.executable, "-c", _EXPORT],
        cwd=REPO,
        env={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(exported.stdout) == {
        "csv": "creator_name,cover_url,updated_at\n"
        "ana,,2026-10-03\nana,https://h/1.jpg,2026-10-01\nbo,https://h/2.jpg,2026-10-02\n",
        "chunks": [[2, 1], [1, 1]],
        "loaded": [],
    }

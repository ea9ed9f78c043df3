"""One S3KeySensor of Airflow's Amazon provider with the keys of all receipts.

At each look it asks for one after the other, from the first one on, until one is missing.

Run as `python -m benchmarks.orchestration.contenders.one_sensor RUN_ID`.
"""

import sys

from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor

from benchmarks.orchestration.contenders.counted import Requests
from benchmarks.orchestration.planned_run import SETTINGS, receipt_keys
from collage_core.aws.s3_store import S3Store


def main(run_id: str) -> None:
    """Look once; report whether all are done."""
    sensor, requests = S3KeySensor(task_id="wait", bucket_key=""), Requests()
    client = sensor.hook.get_conn()
    sensor.bucket_name = SETTINGS.temp_bucket
    sensor.bucket_key = receipt_keys(S3Store(client), run_id)
    requests.watch(client)
    requests.report(lambda: bool(sensor.poke({})))


if __name__ == "__main__":
    main(*sys.argv[1:])

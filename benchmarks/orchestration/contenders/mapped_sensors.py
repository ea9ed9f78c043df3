"""One S3KeySensor of Airflow's Amazon provider for each chunk, as dynamic task mapping makes them.

Those whose chunk was done at an earlier look have ended. Here they are in one process and have one
client, which spares them most of their CPU time; their requests are the same.

Run as `python -m benchmarks.orchestration.contenders.mapped_sensors RUN_ID SEEN`.
"""

import sys

from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor

from benchmarks.orchestration.contenders.counted import Requests
from benchmarks.orchestration.planned_run import SETTINGS, receipt_keys
from collage_core.aws.s3_store import S3Store


def main(run_id: str, seen: str) -> None:
    """Let each sensor look once; report whether all are done."""
    first, requests = S3KeySensor(task_id="wait", bucket_key=""), Requests()
    client = first.hook.get_conn()
    sensors = [
        S3KeySensor(task_id=f"wait_{number}", bucket_name=SETTINGS.temp_bucket, bucket_key=key)
        for number, key in enumerate(receipt_keys(S3Store(client), run_id)[int(seen) :])
    ]
    for sensor in sensors:
        sensor.__dict__["hook"] = first.hook
    requests.watch(client)
    requests.report(lambda: sum(sensor.poke({}) for sensor in sensors) == len(sensors))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A run of a DAG in the twin's Airflow, and all that it left behind."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from collage_core.contract.run_timestamp import RunTimestamp
from local.airflow_api import AirflowApi
from local.settings import OUTPUT_BUCKET
from local.twin import Twin

DAG = "cover_collage_monthly"
SECONDS = 300
"""How long a run of the sample may take."""


@dataclass(frozen=True)
class Run:
    """A finished run of the monthly DAG, or of another one."""

    twin: Twin
    api: AirflowApi
    dag_run_id: str
    dag_id: str = DAG

    def xcom(self, task_id: str) -> Any:
        return self.api.xcom(self.dag_id, self.dag_run_id, task_id)

    @cached_property
    def timestamp(self) -> RunTimestamp:
        return RunTimestamp.parse(self.summary["run_timestamp"])

    @cached_property
    def summary(self) -> Any:
        return self.document(OUTPUT_BUCKET, self.xcom("reconcile")["summary_key"])

    def document(self, bucket: str, key: str) -> Any:
        return json.loads(self.body(bucket, key))

    def body(self, bucket: str, key: str) -> bytes:
        return self.twin.aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()

    def listed(self, bucket: str, prefix: str) -> dict[str, str]:
        """The keys that begin with `prefix`, each with its ETag."""
        pages = self.twin.aws.s3().get_paginator("list_objects_v2")
        return {
            item["Key"]: item["ETag"]
            for page in pages.paginate(Bucket=bucket, Prefix=prefix)
            for item in page.get("Contents", [])
        }

    def states(self) -> dict[str, str]:
        """The state of each task."""
        tasks = self.api.tasks(self.dag_id, self.dag_run_id)
        return {task["task_id"]: task["state"] for task in tasks}

    def logs(self) -> str:
        tasks = self.api.tasks(self.dag_id, self.dag_run_id)
        return "\n".join(
            self.api.log(self.dag_id, self.dag_run_id, task["task_id"]) for task in tasks
        )

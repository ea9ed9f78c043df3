"""Executes the extract task of this project: CSV in parts to S3, chunk plan, manifest."""

from benchmarks.extract.contenders.airflow_task import extract_task
from benchmarks.harness.measure import peak_mb, report_work


def main() -> None:
    """Execute the task, and report the time and memory that it took."""
    task, context = extract_task()
    idle_mb = peak_mb()
    # The task imports these while it runs, the peers when they start. They would add a second
    # of CPU time that no row causes. Their memory still counts as the task's.
    import airflow.providers.amazon.aws.hooks.s3
    import airflow.providers.mysql.hooks.mysql  # noqa: F401

    report_work(lambda: task.execute(context), idle_mb=idle_mb)


if __name__ == "__main__":
    main()

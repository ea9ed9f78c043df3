"""The extract task of this project, executed: CSV in parts to S3, chunk plan, manifest."""

from benchmarks.extract.contenders.airflow_task import extract_task
from benchmarks.measure import peak_mb, report_work


def main() -> None:
    """Execute the task and report what that took."""
    task, context = extract_task()
    idle_mb = peak_mb()
    # The task imports these while it runs, the peers theirs when they start. They would be a
    # second of CPU time that no row causes; their memory counts as the task's all the same.
    import airflow.providers.amazon.aws.hooks.s3
    import airflow.providers.mysql.hooks.mysql  # noqa: F401

    report_work(lambda: task.execute(context), idle_mb=idle_mb)


if __name__ == "__main__":
    main()

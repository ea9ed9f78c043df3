"""Whether the run's names are free, and whether it can still be repeated."""

from collections.abc import Iterator

from collage_airflow.aws import s3_hook
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.preflight.problem import Problem, unusable
from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.errors import PermanentError
from collage_core.run.archive import finished_run
from collage_core.run.claims import check_second
from collage_core.settings import Settings


def run_problems(aws_conn_id: str, settings: Settings, run: RunIdentity) -> Iterator[Problem]:
    """Whether another run has this run's second, and whether it was finished too long ago.

    Neither is a question for a run that only keeps covers. A bucket that cannot be reached gives no
    problem here: `bucket_problems` reports it.
    """
    from botocore.exceptions import BotoCoreError

    if run.keep_only:
        return
    try:
        store = S3Store(s3_hook(aws_conn_id).get_conn())
        check_second(store, settings, run.timestamp, run_id=run.run_id)
        finished_run(store, settings, run.run_id, timestamp=run.timestamp, csv_key=run.csv_key)
    except PermanentError as error:
        yield Problem(str(error), may_pass=False)
    except (S3Error, BotoCoreError):
        return
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable(f"run {run.run_id}", error, aws_conn_id)

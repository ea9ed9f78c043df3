"""The check task: every reason why a run could not succeed, before it has done anything."""

from typing import TYPE_CHECKING, override

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from collage_airflow.bucket_access import Use
from collage_airflow.covers_operator import CoversOperator
from collage_airflow.preflight import bucket_problems, database_problems, queue_problems
from collage_airflow.run_request import RunRequest
from collage_airflow.settings import read_settings
from collage_core import keys

if TYPE_CHECKING:
    from airflow.sdk import Context

    from collage_core.settings import Settings


class CheckOperator(CoversOperator):
    """Checks settings, params, database, buckets and queue, and names all that is wrong.

    Tries again only when nothing is wrong but that somebody did not answer.
    """

    @override
    def execute(self, context: "Context") -> None:
        settings = read_settings()
        request = RunRequest.from_context(context, settings)
        buckets = _buckets(request, settings)
        problems = [
            *database_problems(self.mysql_conn_id, self.sql, request.window),
            *(
                problem
                for bucket in buckets
                for problem in bucket_problems(self.aws_conn_id, *bucket)
            ),
            *queue_problems(self.aws_conn_id, settings.chunk_queue_url),
        ]
        for problem in problems:
            self.log.error("✗ %s", problem.line)
        if problems:
            may_pass = all(problem.may_pass for problem in problems)
            raise (AirflowException if may_pass else AirflowFailException)(
                "nothing was written or sent: " + "; ".join(problem.line for problem in problems)
            )
        self.log.info(
            "✓ Checked 1 database, %s buckets and 1 queue for run %s over %s",
            len(buckets),
            request.identity.run_id,
            request.window,
        )


def _buckets(request: RunRequest, settings: "Settings") -> list[tuple[str, str, list[Use]]]:
    """Setting and name of each bucket, and a key of every prefix that the run's tasks use there."""
    csv_key, timestamp = request.identity.csv_key, request.identity.timestamp
    csvs = [Use(csv_key, deletes=True), Use(keys.archived_csv(csv_key, timestamp))]
    manifests = [Use(keys.manifest(request.identity.run_id), deletes=True)]
    reports = [keys.processing_summary, keys.daily_stats, keys.processing_log]
    return [
        ("INPUT_BUCKET", settings.input_bucket, csvs),
        ("TEMP_BUCKET", settings.temp_bucket, manifests),
        ("OUTPUT_BUCKET", settings.output_bucket, [Use(key_of(timestamp)) for key_of in reports]),
    ]

"""The check task: every reason why a run could not succeed, before it has done anything."""

from typing import TYPE_CHECKING, override

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from collage_airflow.covers_operator import CoversOperator
from collage_airflow.preflight import bucket_problems, database_problems, queue_problems
from collage_airflow.run_request import RunRequest
from collage_airflow.settings import read_settings
from collage_core import keys

if TYPE_CHECKING:
    from airflow.sdk import Context


class CheckOperator(CoversOperator):
    """Checks settings, params, database, buckets and queue, and names all that is wrong.

    Tries again only when nothing is wrong but that somebody did not answer.
    """

    @override
    def execute(self, context: "Context") -> None:
        settings = read_settings()
        request = RunRequest.from_context(context, settings)
        # The very keys that the run will write: rights may end at a prefix.
        written = (
            ("INPUT_BUCKET", settings.input_bucket, request.csv_key),
            ("TEMP_BUCKET", settings.temp_bucket, keys.manifest(request.run_id)),
            ("OUTPUT_BUCKET", settings.output_bucket, keys.processing_summary(request.timestamp)),
        )
        problems = [
            *database_problems(self.mysql_conn_id, self.sql, request.window),
            *(
                problem
                for place in written
                for problem in bucket_problems(self.aws_conn_id, *place)
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
            len(written),
            request.run_id,
            request.window,
        )

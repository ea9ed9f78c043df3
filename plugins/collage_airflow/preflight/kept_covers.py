"""Whether covers that a run keeps stay for as long as they are to be looked up."""

from collections.abc import Iterator
from contextlib import suppress

from collage_airflow.aws import s3_hook
from collage_airflow.preflight.problem import Problem
from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.housekeeping.lifecycles import covers_removed_too_soon
from collage_core.settings import Settings


def kept_covers_problems(aws_conn_id: str, settings: Settings) -> Iterator[Problem]:
    """A warning with the command, if a lifecycle rule removes covers too soon.

    Rules that cannot be read give no problem here: the account may not let Airflow see them, and
    `bucket_problems` reports a bucket that cannot be reached.
    """
    from botocore.exceptions import BotoCoreError

    line = None
    with suppress(S3Error, BotoCoreError):
        line = covers_removed_too_soon(S3Store(s3_hook(aws_conn_id).get_conn()), settings)
    if line is not None:
        yield Problem(line, may_pass=False, blocks=False)

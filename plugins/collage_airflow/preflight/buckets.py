"""Whether the buckets exist, and allow what a run does in each of them."""

from collections.abc import Iterable, Iterator

from collage_airflow.aws import s3_hook
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.preflight.aws import refused, unreachable
from collage_airflow.preflight.bucket_access import Use, missing_rights
from collage_airflow.preflight.problem import Problem, unusable
from collage_core.layout import keys
from collage_core.settings import Settings

_OF_ANY_USE = ("s3:ListBucket", "s3:PutObject")
"""Rights without which nothing of a bucket can be used."""


def run_buckets(
    settings: Settings, run: RunIdentity, upload: str | None = None
) -> list[tuple[str, str, list[Use]]]:
    """Setting and name of each bucket, and a key of every prefix that the run's tasks use there.

    `upload` is the key of the CSV that the run takes in, if there is one.
    """
    if run.keep_only:
        packs = keys.packs_of_run(run.timestamp.moment.date(), run.run_id)
        used = [Use(run.csv_key, deletes=True), Use(keys.pack_index(packs))]
        return [("TEMP_BUCKET", settings.temp_bucket, used)]
    csvs = [Use(run.csv_key, deletes=True), Use(keys.archived_csv(run.csv_key, run.timestamp))]
    if upload is not None and upload.startswith(keys.MANUAL_UPLOADS):
        # Not the upload itself: the store of another vendor may delete it in spite of a condition.
        name = run.csv_key.rpartition("/")[2]
        csvs.append(Use(f"{keys.MANUAL_UPLOADS}{name}", deletes=True, writes=False))
    # Claims of earlier versions are read from the temp bucket. The run's own claim is in the output
    # bucket, in the folder of the log.
    kept = [Use(keys.manifest(run.run_id), deletes=True), Use(keys.claimed_second(run.timestamp))]
    if settings.keep_covers_days:
        day = keys.downloads_of_day(run.timestamp.moment.date())
        kept.append(Use(keys.pack_index(day)))
    reports = [keys.processing_summary, keys.daily_stats, keys.processing_log]
    return [
        ("INPUT_BUCKET", settings.input_bucket, csvs),
        ("TEMP_BUCKET", settings.temp_bucket, kept),
        (
            "OUTPUT_BUCKET",
            settings.output_bucket,
            [Use(key_of(run.timestamp)) for key_of in reports],
        ),
    ]


def bucket_problems(
    aws_conn_id: str, setting: str, bucket: str, uses: Iterable[Use]
) -> Iterator[Problem]:
    """Whether the bucket exists, and allows what a run does there; a problem per key.

    One that may be neither listed nor written to anywhere is one problem: most often it does not
    exist or is somebody else's, which S3 does not always tell from a missing right.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    thing = f"bucket {bucket} ({setting})"
    try:
        client = s3_hook(aws_conn_id).get_conn()
        denied = {use: missing_rights(client, bucket, use) for use in uses}
        written = [set(rights) for use, rights in denied.items() if use.writes]
        if all(rights.issuperset(_OF_ANY_USE) for rights in written):
            yield Problem(
                f"{thing}, asked with connection {aws_conn_id}, denies {', '.join(_OF_ANY_USE)} "
                f"everywhere: create it, set {setting} to a bucket of this account, or allow what "
                "a run does there",
                may_pass=False,
            )
            return
        for use, rights in denied.items():
            if rights:
                yield Problem(
                    f"{thing}, asked with connection {aws_conn_id}, denies {', '.join(rights)} "
                    f"at {use.key}: allow it for everything that begins with {_folder(use.key)}",
                    may_pass=False,
                )
    except ClientError as error:
        fixes = {"NoSuchBucket": f"create it, or set {setting}"}
        yield refused(thing, aws_conn_id, error, fixes)
    except BotoCoreError as error:
        yield unreachable(thing, aws_conn_id, error)
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable(thing, error, aws_conn_id)


def _folder(key: str) -> str:
    return f"{key.partition('/')[0]}/"

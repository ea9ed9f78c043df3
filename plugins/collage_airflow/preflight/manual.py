"""Whether the CSV of a manual run or the run that it fills can be used, and has its creators."""

from collections.abc import Collection, Iterator, Sequence
from unicodedata import normalize

from airflow.sdk.exceptions import AirflowNotFoundException

from collage_airflow.aws import s3_hook
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.intake import take_in
from collage_airflow.dag_run.sources import AskedCsv
from collage_airflow.database.census import creator_counts
from collage_airflow.database.connection import covers_connection
from collage_airflow.preflight.problem import Problem, unusable
from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.contract.window import Window
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.errors import CollageError, MessageError, PermanentError, SettingError
from collage_core.run.archive import finished_run
from collage_core.run.fill import choose_fill
from collage_core.run.fill_sources import sources_of
from collage_core.settings import Settings

_MOST_NAMED = 10
"""Creators that one line names."""


def csv_problems(
    aws_conn_id: str,
    settings: Settings,
    asked: AskedCsv,
    choice: CreatorChoice | None,
) -> Iterator[Problem]:
    """Whether the CSV is there and can be used, and has all creators that are named.

    A bucket that cannot be reached gives no problem here: `bucket_problems` reports it.
    """
    from botocore.exceptions import BotoCoreError

    param = "csv_text" if asked.key is None else "csv_key"
    try:
        store = S3Store(s3_hook(aws_conn_id).get_conn())
        intake = take_in(store, settings, asked, choice)
    except (S3Error, BotoCoreError):
        return
    except CollageError as error:
        yield Problem(f"{param}: {error}", may_pass=not isinstance(error, PermanentError))
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable("the CSV", error, aws_conn_id)
    else:
        if choice is not None:
            yield from _missing(choice, intake.csv.creators, asked.key or "csv_text")


def fill_problems(
    aws_conn_id: str, settings: Settings, parent: str, run: RunIdentity
) -> Iterator[Problem]:
    """Whether the run that is to be filled is closed, has anything to fill, and still has its rows.

    A warning if nothing is kept. A bucket that cannot be reached gives no problem here.
    """
    from botocore.exceptions import BotoCoreError

    if not settings.keep_covers_days:
        yield Problem(
            f"parent: KEEP_COVERS_DAYS is 0, so covers that run {parent} has placed are fetched "
            "again: if their URLs have died since, the new collages have fewer covers",
            may_pass=False,
            blocks=False,
        )
    try:
        store = S3Store(s3_hook(aws_conn_id).get_conn())
        fill = choose_fill(store, settings, parent, run_id=run.run_id, timestamp=run.timestamp)
        sources_of(store, settings, fill)
    except (S3Error, BotoCoreError):
        return
    except CollageError as error:
        yield Problem(f"parent: {error}", may_pass=not isinstance(error, PermanentError))
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable("the run to fill", error, aws_conn_id)


def is_finished(aws_conn_id: str, settings: Settings, run: RunIdentity) -> bool:
    """Whether the run is finished: then it needs neither its CSV, which is archived, nor its rows.

    True also if it was finished too long ago, which `run_problems` reports; False if S3 cannot be
    asked.
    """
    try:
        store = S3Store(s3_hook(aws_conn_id).get_conn())
        found = finished_run(
            store, settings, run.run_id, timestamp=run.timestamp, csv_key=run.csv_key
        )
    except MessageError:
        return True
    except Exception:  # noqa: BLE001 - the other probes report whatever it is
        return False
    return found is not None


def creator_problems(
    mysql_conn_id: str, sql: str, window: Window, choice: CreatorChoice
) -> Iterator[Problem]:
    """Whether the window has covers of all creators that are named.

    A database that cannot be asked gives no problem here: `database_problems` reports it.
    """
    from MySQLdb import MySQLError  # type: ignore[import-untyped]

    if not choice.creators:
        return
    try:
        with covers_connection(mysql_conn_id) as connection:
            found = [name for name, _ in creator_counts(connection, sql, window)]
    except (AirflowNotFoundException, SettingError, MySQLError):
        return
    yield from _missing(choice, found, str(window))


def _missing(choice: CreatorChoice, found: Collection[bytes], where: str) -> Iterator[Problem]:
    missing = choice.missing(found)
    if not missing:
        return
    names = (name.decode(errors="replace") for name in found)
    alike = {_alike(name) for name in missing}
    similar = sorted(name for name in names if _alike(name) in alike)[:_MOST_NAMED]
    meant = f"; there is {_written(similar, missing)}" if similar else ""
    more = len(missing) - _MOST_NAMED
    yield Problem(
        f"creators: {_written(missing[:_MOST_NAMED], similar)}{f' and {more} more' * (more > 0)} "
        f"of the {len(choice.creators)} named are not in {where}, where names are compared byte "
        f"for byte: correct or remove them{meant}",
        may_pass=False,
    )


def _written(names: Sequence[str], others: Sequence[str]) -> str:
    """The names in quotes; one that looks like one of the others by its code points as well."""
    look = {normalize("NFC", other) for other in others}
    return ", ".join(
        f"{name!r} ({name!a})" if normalize("NFC", name) in look else repr(name) for name in names
    )


def _alike(name: str) -> str:
    """A form in which names are equal that a person may take for each other."""
    return normalize("NFKC", name).casefold().strip().removeprefix("@")

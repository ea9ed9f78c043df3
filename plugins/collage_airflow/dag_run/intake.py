"""The CSV that a manual run was asked to take in, read and put in order."""

from collections.abc import Iterable
from dataclasses import dataclass

from collage_airflow.dag_run.sources import AskedCsv
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.covers.ingest import IngestedCsv, ingest_csv
from collage_core.run.named_csv import find_named_csv, no_such_csv, read_csv
from collage_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Intake:
    """A CSV from outside in canonical form, not yet stored."""

    csv: IngestedCsv
    origin: CsvSource | None
    """The object that it came from; None for pasted text."""


def take_in(
    store: S3Store,
    settings: Settings,
    asked: AskedCsv,
    choice: CreatorChoice | None,
    *,
    cuts: Iterable[str] = (),
) -> Intake:
    """Read the CSV, check it and put the rows of the chosen creators in order.

    `cuts` are where an earlier plan of it was cut, see `ChunkPlanner`.

    Raises MessageError when it is not there or may not be named, CsvFormatError when it cannot be
    used as a whole, and RaceError when it is replaced meanwhile.
    """
    if asked.key is None:
        # JSON can hold a lone surrogate, UTF-8 cannot: the intake refuses it and says where it is.
        data, origin = (asked.text or "").encode("utf-8", "surrogatepass"), None
    else:
        found = find_named_csv(store, settings, asked.key)
        if found is None:
            raise no_such_csv(settings, asked.key)
        data, origin = read_csv(store, found), found.source
    csv = ingest_csv(data, chunk_rows=settings.planned_chunk_rows, choice=choice, cuts=cuts)
    return Intake(csv, origin)

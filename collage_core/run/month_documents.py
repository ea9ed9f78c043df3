"""Writes all documents of a month: those by its runs, and the one by its covers."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from collage_core.contract.covers_report import CoversReport
from collage_core.contract.creator_changes import CreatorsReport
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.covers_report import covers_report, select_runs
from collage_core.run.creator_changes import compare, creators_of
from collage_core.run.months import first_second, month_before, months_of
from collage_core.run.statistics import write_month
from collage_core.run.summaries import read_summaries_of_month
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects


def covers_months_of(store: ObjectStore, settings: Settings, month: str) -> list[str]:
    """The months of the covers that a month of runs was about.

    Raises MessageError naming a summary that cannot be read.
    """
    runs = read_summaries_of_month(store, settings, first_second(month))
    return sorted({each for run in runs if run.window for each in months_of(run.window)})


def write_runs_month(store: ObjectStore, settings: Settings, month: str) -> None:
    """Write logs, statistics and creators of a month of runs.

    Raises MessageError naming a document that cannot be read, and RaceError when other runs keep
    changing the files.
    """
    write_month(store, settings, month)

    def report() -> CreatorsReport:
        last = month_before(month)
        before, now = (
            creators_of(
                store, settings, read_summaries_of_month(store, settings, first_second(each))
            )
            for each in (last, month)
        )
        return CreatorsReport(month=month, changes=compare(last, before, now))

    _write(store, settings, keys.creators_report(first_second(month)), report)


def write_covers_month(
    store: ObjectStore, settings: Settings, month: str, sources: Mapping[str, Sequence[str]]
) -> None:
    """Write the report of a month of covers.

    `sources` has the months of runs to look into for this month of covers and the one before.
    Raises what `write_runs_month` raises.
    """

    def runs_about(covers: str) -> Iterable[RunSummary]:
        for each in sources[covers]:
            yield from read_summaries_of_month(store, settings, first_second(each))

    def report() -> CoversReport:
        last = month_before(month)
        runs = list(runs_about(month))
        before, now = (
            creators_of(store, settings, select_runs(covers, some)[0])
            for covers, some in ((last, runs_about(last)), (month, runs))
        )
        return covers_report(month, runs, compare(last, before, now))

    _write(store, settings, keys.covers_report(first_second(month)), report)


def _write(store: ObjectStore, settings: Settings, key: str, report: Callable[[], Struct]) -> None:
    def compose(_present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        return {key: to_document(report())}

    update_objects(store, settings.output_bucket, [key], compose, content_type=JSON)

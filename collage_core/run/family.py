"""A run and its fills: of each creator the newest closed one counts.

Whoever closes a member computes for all members which of their creators a newer one has made anew,
and writes it into their summaries. It is computed from the records each time, so it does not matter
in which order members are closed, or how often (docs/adr/0033).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.family import RunName, Superseded
from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.summaries import read_summary
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects

_TS_LENGTH = len("YYYYMMDD_HHMMSS")


def join_family[Store: ObjectStore](run: Run[Store]) -> None:
    """Note that a fill is of its family; nothing for any other run. Before its summary."""
    manifest, family = run.manifest, run.manifest.family
    if family is None:
        return
    key = keys.fill_of(family.run_timestamp, family.run_id, manifest.run_timestamp, manifest.run_id)
    run.store.put(run.settings.output_bucket, key, b"", content_type="text/plain")


def first_of_family(manifest: Manifest) -> RunName:
    """The first run of the family of a run: itself if it is no fill."""
    return manifest.family or RunName(manifest.run_id, manifest.run_timestamp)


def closed_members(
    store: ObjectStore, settings: Settings, family: RunName
) -> Sequence[tuple[RunSummary, str]]:
    """The closed runs of a family, the oldest first: their summaries, and the keys of these.

    Raises MessageError for a summary that cannot be read.
    """
    folder = keys.fills_of(family.run_timestamp, family.run_id)
    fills = [
        RunName(name[_TS_LENGTH + 1 :], RunTimestamp.parse(name[:_TS_LENGTH]))
        for key in store.list_keys(settings.output_bucket, folder)
        if (name := key.removeprefix(folder))
    ]
    found = (
        read_summary(store, settings, name.run_timestamp, name.run_id)
        for name in sorted([family, *fills], key=lambda name: name.age)
    )
    return [each for each in found if each is not None]


def write_superseded(store: ObjectStore, settings: Settings, family: RunName) -> None:
    """Write into the summaries of a family what newer members have made anew.

    It may be repeated: the same records give the same summaries. After the summary of a member
    that is closed, so that the last one to be closed has seen all of them. Raises MessageError and
    BooksError for a record that is missing or cannot be read, and RaceError when other runs keep
    changing the summaries.
    """
    members = closed_members(store, settings, family)
    if len(members) == 1 and members[0][0].superseded is None:
        return

    def compose(present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        anew = _superseded(store, settings, closed_members(store, settings, family))
        composed = {}
        for key, body in present.items():
            if body is None:
                raise MessageError(
                    f"{key} in bucket {settings.output_bucket} was removed meanwhile: try again"
                )
            summary = read(body, RunSummary)
            composed[key] = to_document(replace(summary, superseded=anew.get(summary.run_id)))
        return composed

    changing = [key for _, key in members]
    update_objects(store, settings.output_bucket, changing, compose, content_type=JSON)


def stale_summaries(
    store: ObjectStore, settings: Settings, family: RunName
) -> Sequence[tuple[RunSummary, str]]:
    """Summaries whose `superseded` is not what the records say, with their keys.

    Whoever closed a member was killed before it could tell the others. Raises what
    `write_superseded` raises.
    """
    members = closed_members(store, settings, family)
    if all(summary.family is None for summary, _ in members):
        return [each for each in members if each[0].superseded is not None]
    anew = _superseded(store, settings, members)
    return [each for each in members if each[0].superseded != anew.get(each[0].run_id)]


def newest_results(
    store: ObjectStore, settings: Settings, family: RunName, *, without: str = ""
) -> Mapping[str, CreatorResult]:
    """The newest results of all creators that a closed fill of the family has.

    `without`: the id of a run that does not count. Raises what `RecordedRun.open` and
    `RecordedRun.creators` raise.
    """
    newest: dict[str, CreatorResult] = {}
    for summary, _ in closed_members(store, settings, family):
        if summary.family is not None and summary.run_id != without:
            record = RecordedRun.open(store, settings, summary.run_timestamp, summary.run_id)
            newest |= {result.creator: result for result in record.creators()}
    return newest


def closed_updates(
    store: ObjectStore,
    settings: Settings,
    members: Iterable[tuple[RunSummary, str]],
    *,
    after: RunTimestamp,
    without: str = "",
) -> Sequence[Manifest]:
    """The updates among the closed `members` of a family that are newer than `after`, in order.

    `without`: the id of a run that does not count. Raises what `RecordedRun.open` raises.
    """
    found = (
        RecordedRun.open(store, settings, summary.run_timestamp, summary.run_id).manifest
        for summary, _ in members
        if summary.family is not None
        and summary.run_timestamp > after
        and summary.run_id != without
    )
    return [one for one in found if one.origin is not None and keys.update_day(one.origin.key)]


def books_of(results: Iterable[CreatorResult]) -> Books:
    """The books of these creators: rows, reasons, creators and objects."""
    rows, objects = RowCounts(), ObjectCounts()
    outcomes: Counter[Outcome] = Counter()
    reasons: Counter[str] = Counter()
    for result in results:
        rows += result.rows
        objects += result.object_counts
        outcomes[result.outcome] += 1
        reasons.update(result.known_reasons)
    return Books(
        rows=rows,
        reasons=dict(sorted(reasons.items())),
        creators=CreatorCounts(
            total=outcomes.total(),
            complete=outcomes[Outcome.COMPLETE],
            partial=outcomes[Outcome.PARTIAL],
            failed=outcomes[Outcome.FAILED],
        ),
        objects=objects,
    )


def _superseded(
    store: ObjectStore, settings: Settings, members: Sequence[tuple[RunSummary, str]]
) -> Mapping[str, Superseded]:
    """What is superseded, by the ids of the members that lost something.

    The names of all creators of fills are in memory, and of each record a page at a time.
    """
    newest: dict[str, RunName] = {}
    lost: dict[str, Superseded] = {}
    for summary, _ in reversed(members):
        by: set[RunName] = set()
        books = books_of(_replaced(store, settings, summary, newest, by))
        if by:
            runs = [name.run_id for name in sorted(by, key=lambda name: name.age)]
            lost[summary.run_id] = Superseded(by=runs, books=books)
    return lost


def _replaced(
    store: ObjectStore,
    settings: Settings,
    summary: RunSummary,
    newest: dict[str, RunName],
    by: set[RunName],
) -> Iterator[CreatorResult]:
    """The creators of a run that are in `newest`, whose runs go to `by`.

    The others of a fill go to `newest`: runs come from the newest to the oldest.
    """
    name = summary.name
    record = RecordedRun.open(store, settings, name.run_timestamp, name.run_id)
    for result in record.creators():
        newer = newest.get(result.creator)
        if newer is not None:
            by.add(newer)
            yield result
        elif summary.family is not None:
            newest[result.creator] = name

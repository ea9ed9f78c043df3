"""Compares the creators of one month with those of the month before, from the batch results.

Creators of runs that the batch results do not have, or that nobody can read there because another
program has saved them, are those of the runs' records.

All creators of two months are in memory at once, about 90 bytes each, and the batch results of
one day. docs/adr/0020 says how far that goes.
"""

import csv
import io
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import groupby

from collage_core.contract.creator_changes import CreatorChanges, NamedCreators
from collage_core.contract.receipt import Outcome
from collage_core.contract.summary import RunBooks
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.run.recorded_run import RecordedRun
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore

MOST_NAMES = 100

_RANK = {outcome.value: rank for rank, outcome in enumerate(reversed(Outcome))}
"""The better the outcome, the higher."""

_COLUMNS = ("run_id", "creator_name", "outcome")

type Ranks = Mapping[str, int]
"""Creators and their best outcome."""


def creators_of(store: ObjectStore, settings: Settings, runs: Iterable[RunBooks]) -> Ranks | None:
    """The creators of these runs with their best outcome.

    Runs that were limited to some creators are left out: a month of trials alone would have lost
    all others. So are fills, unless the first run of their family is here, too: then of a creator
    the newest of the family counts. None without runs, and if a run is neither in the batch results
    nor recorded. Raises MessageError naming batch results that cannot be read, if they are needed
    for such a run, and a record that cannot be read.
    """
    in_order = _that_count(runs)
    filled = {run.family.run_id for run in in_order if run.family is not None}
    families: dict[str, dict[str, int]] = {first: {} for first in filled}
    best: dict[str, int] = {}
    for day, of_day in groupby(in_order, key=lambda run: run.run_timestamp.day):
        wanted = {run.run_id: run for run in of_day}
        problem: MessageError | None = None
        try:
            found = _by_run(_results(store, settings, day), wanted)
        except MessageError as error:
            found, problem = {}, error
        for run_id, run in wanted.items():
            ranks = found.get(run_id) or _recorded(store, settings, run)
            family = families.get(run.family_name.run_id)
            if ranks is not None and family is not None:
                family |= ranks
            elif ranks is not None:
                _keep_best(best, ranks)
            elif problem is not None and run.books.creators.total:
                raise problem
            elif run.books.creators.total > run.books.creators.failed:
                return None
    for ranks in families.values():
        _keep_best(best, ranks)
    return best if in_order else None


def _that_count(runs: Iterable[RunBooks]) -> Sequence[RunBooks]:
    """The runs over all of their creators, with their fills, the oldest first."""
    known = list(runs)
    whole = {run.run_id for run in known if run.selection is None and run.family is None}
    return sorted(
        (run for run in known if run.family_name.run_id in whole),
        key=lambda run: (run.run_timestamp, run.run_id),
    )


def _keep_best(best: dict[str, int], ranks: Ranks) -> None:
    best |= {name: max(rank, best.get(name, rank)) for name, rank in ranks.items()}


def _by_run(
    lines: Iterable[tuple[str, str, int]], wanted: Container[str]
) -> Mapping[str, dict[str, int]]:
    """The creators of the wanted runs, by run."""
    found: dict[str, dict[str, int]] = {}
    for run_id, creator, rank in lines:
        if run_id in wanted:
            found.setdefault(run_id, {})[creator] = rank
    return found


def _recorded(store: ObjectStore, settings: Settings, run: RunBooks) -> Ranks | None:
    """The creators of a run as it is recorded; None if it is not."""
    record = RecordedRun.look_up(store, settings, run.run_timestamp, run.run_id)
    if record is None:
        return None
    return {result.creator: _RANK[result.outcome.value] for result in record.creators()}


def compare(month_before: str, before: Ranks | None, now: Ranks | None) -> CreatorChanges | None:
    """What changed for creators since `month_before` (YYYYMM); None if a month is not known."""
    if before is None or now is None:
        return None
    both = before.keys() & now.keys()
    worse = {creator for creator in both if now[creator] < before[creator]}
    better = {creator for creator in both if now[creator] > before[creator]}
    return CreatorChanges(
        before=month_before,
        new=_named(now.keys() - both),
        gone=_named(before.keys() - both),
        worse=_named(worse),
        better=_named(better),
        same=len(both) - len(worse) - len(better),
    )


def _named(creators: set[str]) -> NamedCreators:
    return NamedCreators(len(creators), nsmallest(MOST_NAMES, creators, key=str.encode))


def _results(store: ObjectStore, settings: Settings, day: str) -> Iterator[tuple[str, str, int]]:
    """Run, creator and rank of the outcome of each line of a day's batch results."""
    key = keys.batch_results(first_second(day))
    found = store.get(settings.output_bucket, key)
    if found is None:
        return
    text = io.TextIOWrapper(io.BytesIO(found.body), encoding="utf-8-sig", newline="")
    try:
        lines = csv.DictReader(text, strict=True)
        _check_columns(lines.fieldnames or ())
        for line in lines:
            # An apostrophe is in front of names that a spreadsheet could take for a formula.
            creator = line["creator_name"].removeprefix("'")
            yield line["run_id"], creator, _RANK[line["outcome"]]
    except (ValueError, KeyError, AttributeError, csv.Error) as error:
        raise MessageError(
            f"{key} in bucket {settings.output_bucket} cannot be read ({error!r}): another program "
            "has saved it, and a run of that day has no record from which its creators could be "
            "taken; put back what was there before, or move it away: then the changes of that "
            "month are not known"
        ) from error


def _check_columns(names: Sequence[str]) -> None:
    missing = [column for column in _COLUMNS if column not in names]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}")

"""Rebuilds the statistics of the months that changed, whoever made their runs and whenever.

A month of runs has changed if its summaries or batch results are not the objects that it was last
rebuilt from. `rebuilt_YYYYMM.json` has a digest of those. It is written last, so a rebuild that
failed is done again. All other documents are functions of the summaries and the batch results.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from collage_core import __version__
from collage_core.contract.statistics import RebuiltMonth
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.month_documents import covers_months_of, write_covers_month, write_runs_month
from collage_core.run.months import first_second, month_after, month_before
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_documents, to_document
from collage_core.storage.object_store import ObjectStore

_PAGE = ".html"
"""Pages for people are made of summaries, and no statistics are made of them."""

_MONTH = re.compile(rf"{keys.SUMMARIES}([0-9]{{4}})/([0-9]{{2}})/")

type Listing = Mapping[str, Mapping[str, str]]
"""By month of runs: the keys of its summaries and batch results, with their ETags."""


@dataclass(slots=True)
class Rebuilt:
    """What was rebuilt, and what could not be."""

    months: list[str] = field(default_factory=list)
    """Months of runs, as YYYYMM."""
    covers_months: list[str] = field(default_factory=list)
    """Months of covers, as YYYYMM."""
    problems: list[str] = field(default_factory=list)
    """One line for each month that could not be rebuilt, with how to fix it."""


def rebuild_statistics(
    store: ObjectStore, settings: Settings, *, every_month: bool = False
) -> Rebuilt:
    """Rebuild the months that changed since they were last rebuilt, or all of them.

    A document that cannot be read is a problem of its month; the other months are rebuilt.
    Raises MessageError when a `rebuilt_YYYYMM.json` cannot be read, and RaceError when other runs
    keep changing the files.
    """
    listing = _list(store, settings)
    markers = store.list_keys(settings.output_bucket, keys.REBUILT)
    before = {
        marker.month: marker
        for marker in read_documents(store, settings.output_bucket, markers, RebuiltMonth)
    }
    inputs = {month: _digest(month, listing) for month in {*listing, *before}}
    changed = [
        month
        for month in sorted(inputs)
        if every_month or month not in before or before[month].inputs != inputs[month]
    ]
    rebuilt = Rebuilt()
    covers_of: dict[str, Sequence[str]] = {
        month: marker.covers_months for month, marker in before.items()
    }
    affected = _union(covers_of.get(month, ()) for month in changed)

    def of_runs(month: str) -> None:
        covers_of[month] = covers_months_of(store, settings, month)
        write_runs_month(store, settings, month)

    def of_covers(month: str) -> None:
        sources = {
            covers: [runs for runs, touched in covers_of.items() if covers in touched]
            for covers in (month_before(month), month)
        }
        write_covers_month(store, settings, month, sources)

    rebuilt.months = _each(changed, of_runs, rebuilt.problems)
    affected |= _union(covers_of.get(month, ()) for month in changed)
    # A report compares itself with the one before.
    affected |= {month_after(month) for month in affected} & _union(covers_of.values())
    rebuilt.covers_months = _each(sorted(affected), of_covers, rebuilt.problems)
    if len(rebuilt.covers_months) < len(affected):
        # Nothing is remembered, so that it is done again: a report that failed may be one that a
        # run of these months has left.
        return rebuilt
    for month in rebuilt.months:
        marker = RebuiltMonth(month=month, inputs=inputs[month], covers_months=covers_of[month])
        key = keys.rebuilt_month(first_second(month))
        store.put(settings.output_bucket, key, to_document(marker), content_type=JSON)
    return rebuilt


def _each(months: Iterable[str], rebuild: Callable[[str], None], problems: list[str]) -> list[str]:
    """The months that could be rebuilt; a problem of one does not stop the others."""
    done = []
    for month in months:
        try:
            rebuild(month)
        except MessageError as error:
            if str(error) not in problems:
                problems.append(str(error))
        else:
            done.append(month)
    return done


def _list(store: ObjectStore, settings: Settings) -> Listing:
    listing: dict[str, dict[str, str]] = {}
    for key, etag in store.list_etags(settings.output_bucket, keys.SUMMARIES):
        if key.endswith(_PAGE):
            continue
        if place := _MONTH.match(key):
            listing.setdefault(place[1] + place[2], {})[key] = etag
    return listing


def _digest(month: str, listing: Listing) -> str:
    """A digest of all that the documents of a month are computed from, and of the release.

    The month before is a part of it, because creators are compared with it.
    """
    digest = hashlib.sha256(__version__.encode())
    for each in (month_before(month), month):
        for key, etag in sorted(listing.get(each, {}).items()):
            digest.update(f"\n{key} {etag}".encode())
    return digest.hexdigest()


def _union(months: Iterable[Iterable[str]]) -> set[str]:
    return {month for some in months for month in some}

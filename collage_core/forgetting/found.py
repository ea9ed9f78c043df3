"""What there is of a creator: counted, in lines for people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collage_core.contract.forgotten import DeletedCovers, DeletedObjects, ForgottenKind, NotChanged
from collage_core.forgetting.creator_objects import CreatorObject
from collage_core.forgetting.kept_covers import KeptCovers

_FIRST = 3
"""Keys that are shown of each kind."""

_WORDS: dict[ForgottenKind, str] = {
    "collage": "collages",
    "by_creator": "copies by creator",
    "thumbnail": "thumbnails",
    "metadata": "metadata",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is of one creator."""

    creator: str
    objects: Sequence[CreatorObject]
    reports: Sequence[str]
    """Keys of the pages about the runs that made these objects."""
    kept: KeptCovers
    alike: Sequence[str]
    """A few other names that could have been meant."""
    not_changed: Sequence[NotChanged]

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to delete, to bring up to date or to complain of."""
        kept = self.kept
        return not (self.objects or kept.packs or kept.outdated or kept.unreadable)

    @property
    def counts(self) -> dict[ForgottenKind, DeletedObjects]:
        """The objects of each kind that there are."""
        found = {kind: [item for item in self.objects if item.kind == kind] for kind in _WORDS}
        return {
            kind: DeletedObjects(objects=len(items), bytes=sum(item.bytes for item in items))
            for kind, items in found.items()
            if items
        }

    @property
    def covers(self) -> DeletedCovers:
        """The covers in packs."""
        packs = self.kept.packs
        emptied = sum(pack.is_emptied for pack in packs)
        return DeletedCovers(
            covers=sum(pack.covers for pack in packs),
            bytes=sum(pack.cover_bytes for pack in packs),
            rewritten=len(packs) - emptied,
            deleted=emptied,
        )

    def lines(self) -> Iterator[str]:
        """What there is, with the first keys of each kind, and what is not changed."""
        for kind, counted in self.counts.items():
            yield f"{_WORDS[kind]}: {counted.objects:,}, {_size(counted.bytes)}"
            yield from _shown([item.key for item in self.objects if item.kind == kind])
        if self.reports:
            yield f"reports of runs, written again without the creator: {len(self.reports):,}"
            yield from _shown(self.reports)
        covers = self.covers
        if covers.covers:
            yield (
                f"kept covers: {covers.covers:,}, {_size(covers.bytes)}, in {covers.rewritten:,} "
                f"packs with others and {covers.deleted:,} without"
            )
            yield from _shown([pack.key for pack in self.kept.packs])
        if self.kept.outdated:
            yield f"indexes that name packs from before: {len(self.kept.outdated):,}"
        yield from self.kept.unreadable
        for place in self.not_changed:
            yield f"not changed: {place.where}: {place.why}"
            yield f"  to do: {place.what_to_do}"

    @property
    def nothing_in_words(self) -> str:
        """That there is nothing, and what to do."""
        names = " or ".join(map(repr, self.alike))
        meant = f"did you mean {names}?" if names else "is it written as in the CSV?"
        return (
            f"nothing is kept of {self.creator!r}: names are compared byte for byte, {meant} Or it "
            "is forgotten already"
        )


def _shown(found: Sequence[str]) -> Iterator[str]:
    for key in found[:_FIRST]:
        yield f"  {key}"
    if len(found) > _FIRST:
        yield f"  and {len(found) - _FIRST:,} more"


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"

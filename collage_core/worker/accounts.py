"""What became of each row of a creator: the engine's part of the books, for any recipe."""

from collections import Counter
from dataclasses import dataclass

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.date_counts import ISO, DateCounts
from collage_core.contract.reasons import REJECTIONS
from collage_core.contract.receipt import Outcome
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_url import host_of
from collage_core.covers.rows import CoverRow
from collage_core.worker.loading import LoadedCreator
from collage_core.worker.recipe import Ingredients


@dataclass(frozen=True, slots=True)
class Account[Part]:
    """The rows of one creator by what became of them."""

    loaded: LoadedCreator[Part]
    placed: list[CoverRow]
    parts: list[Part]
    failed: list[tuple[CoverRow, str]]
    rejected: list[RejectedRow]
    not_selected: list[CoverRow]
    """Rows that were not fetched, the reserves that were not needed first."""

    @classmethod
    def of(cls, loaded: LoadedCreator[Part]) -> "Account[Part]":
        """Takes the parts out of `loaded`, so that a recipe can free them one by one."""
        asked, not_needed = loaded.asked_and_not_needed
        not_selected = [*not_needed, *loaded.selection.not_selected]
        account = cls(loaded, [], [], [], list(loaded.group.rejected), not_selected)
        for row, cover in zip(asked, loaded.covers, strict=True):
            if not isinstance(cover, str):
                account.placed.append(row)
                account.parts.append(cover)
            elif cover in REJECTIONS:
                account.rejected.append(RejectedRow(row.line, cover, row.offset, row.creator))
            else:
                account.failed.append((row, cover))
        loaded.covers.clear()
        return account

    @property
    def rows(self) -> RowCounts:
        """`total` counts the rows that were read, the others what became of them."""
        group, selection = self.loaded.group, self.loaded.selection
        return RowCounts(
            total=len(group.rows) + len(group.rejected),
            placed=len(self.placed),
            duplicate=len(selection.duplicates),
            not_selected=len(self.not_selected),
            rejected=len(self.rejected),
            failed=len(self.failed),
        )

    @property
    def reasons(self) -> Counter[str]:
        """How many rows were rejected or failed, by reason."""
        return Counter([*(row.reason for row in self.rejected), *(why for _, why in self.failed)])

    @property
    def failed_hosts(self) -> Counter[str]:
        """How many covers failed, by the host in their URL."""
        return Counter(host_of(row.url) for row, _ in self.failed)

    @property
    def outcome(self) -> Outcome:
        """Whether as many covers are placed as were selected, fewer, or none.

        A cover that failed and was replaced leaves the creator complete.
        """
        if not self.placed:
            return Outcome.FAILED
        is_complete = len(self.placed) == len(self.loaded.selection.selected)
        return Outcome.COMPLETE if is_complete else Outcome.PARTIAL

    @property
    def dates(self) -> DateCounts:
        """The dates of the rows. In a canonical CSV every readable date is in ISO."""
        rows = self.loaded.group.rows
        read = sum(row.updated_at is not None for row in rows)
        unread = sum(row.is_date_unread for row in rows)
        return DateCounts(read, unread, ISO if read else None)

    def ingredients(self) -> Ingredients[Part] | None:
        """What the recipe gets, with the same list of parts; None without a creator's name."""
        group, selection = self.loaded.group, self.loaded.selection
        if group.creator is None:
            return None
        return Ingredients(
            creator=group.creator,
            placed=self.placed,
            parts=self.parts,
            not_placed=[
                *self.failed,
                *((row, "duplicate") for row in selection.duplicates),
                *((row, "not_selected") for row in self.not_selected),
            ],
            rows=self.rows,
            reasons=self.reasons,
            outcome=self.outcome,
        )

    def books(self, objects: ObjectCounts) -> Books:
        """The books of the creator, of whom `objects` were made."""
        return Books(self.rows, self.reasons, self._creators, objects)

    @property
    def _creators(self) -> CreatorCounts:
        """One, or none for rejected rows whose creator cannot be read."""
        if self.loaded.group.creator is None:
            return CreatorCounts()
        outcome = self.outcome
        return CreatorCounts(
            total=1,
            complete=int(outcome is Outcome.COMPLETE),
            partial=int(outcome is Outcome.PARTIAL),
            failed=int(outcome is Outcome.FAILED),
        )

"""What a worker has done so far, creator by creator."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Self

from collage_core.contract.books import Books, in_seconds
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.receipt import CreatorResult, DeadCover
from collage_core.contract.rejected import RejectedRow
from collage_core.worker.accounts import Entry


@dataclass(slots=True)
class Work:
    """The results of the creators that were worked on."""

    books: Books = field(default_factory=Books)
    dates: DateCounts = field(default_factory=DateCounts)
    results: list[CreatorResult] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    failed_hosts: Counter[str] = field(default_factory=Counter)
    """Failed covers by the host in their URL."""
    dead: list[DeadCover] = field(default_factory=list)
    """Covers whose URLs are dead."""
    stopped_at: int | None = None
    """The offset of the first creator that is not done; None when all are done."""

    def add(self, entry: Entry) -> None:
        """Count a creator."""
        self.books += entry.books
        self.dates += entry.dates
        self.rejected += entry.rejected
        self.failed_hosts.update(entry.failed_hosts)
        self.dead += entry.dead
        if entry.result is not None:
            self.results.append(entry.result)

    def ended(self, *, stopped_at: int | None, milliseconds: dict[str, int]) -> Self:
        """This work, if it ends here, with the time that each stage took.

        It has lists of its own: what is counted later does not change it.
        """
        return replace(
            self,
            books=self.books + Books(seconds=in_seconds(milliseconds)),
            results=[*self.results],
            rejected=[*self.rejected],
            failed_hosts=Counter(self.failed_hosts),
            dead=[*self.dead],
            stopped_at=stopped_at,
        )

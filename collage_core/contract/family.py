"""A run and its fills: which runs belong together, and what a newer one took from an older one."""

from collections.abc import Sequence

from msgspec import Struct, field

from collage_core.contract.books import Books
from collage_core.contract.document import FLAT
from collage_core.contract.fields import Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp


class RunName(Struct, frozen=True):
    """A run, and the second by which its record is found."""

    run_id: Identifier
    """The run."""
    run_timestamp: RunTimestamp
    """The run's second."""

    @property
    def age(self) -> tuple[str, str]:
        """Sorts runs from the oldest to the newest."""
        return self.run_timestamp, self.run_id


class Superseded(Struct, frozen=True, kw_only=True):
    """The part of a run that newer runs of its family have made anew."""

    by: Sequence[Text]
    """The runs that have the newest results of these creators, the oldest first."""
    books: Books = field(name=FLAT)
    """The creators that they have, as this run had counted them: without seconds."""

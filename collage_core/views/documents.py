"""Reads documents for a page: one that cannot be read is named there, and the page goes on."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from msgspec import Struct

from collage_core.contract.faults import fits, rule
from collage_core.contract.identifiers import Identifier
from collage_core.contract.reading import read
from collage_core.contract.wording import shown
from collage_core.errors import MessageError
from collage_core.storage.documents import READERS
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document that this release cannot read, such as one of a newer release."""

    bucket: str
    """Its bucket."""
    key: str
    """Its key."""
    reason: str
    """What is wrong with it, and how to fix it."""


@dataclass(frozen=True, slots=True)
class Documents:
    """Reads documents, and collects those that cannot be read."""

    store: ObjectStore
    unreadable: list[Unreadable] = field(default_factory=list)
    """In the order in which they were found."""

    def read[T: Struct](self, bucket: str, key: str, kind: type[T]) -> T | None:
        """The document; None if there is none, or if it cannot be read. One request."""
        found = self.store.get(bucket, key)
        return None if found is None else self.decode(found.body, bucket, key, kind)

    def decode[T: Struct](self, body: bytes, bucket: str, key: str, kind: type[T]) -> T | None:
        """The same for bytes that were read already."""
        try:
            return read(body, kind)
        except MessageError as error:
            self.unreadable.append(Unreadable(bucket, key, str(error)))
            return None

    def read_all[T: Struct](
        self, bucket: str, wanted: Mapping[str, str], kind: type[T]
    ) -> dict[str, T]:
        """The documents by the names that `wanted` has for their keys, as far as there are any.

        One request for each.
        """
        if not wanted:
            return {}
        with ThreadPoolExecutor(READERS) as pool:
            found = pool.map(lambda key: self.read(bucket, key, kind), wanted.values())
            return {
                name: document
                for name, document in zip(wanted, found, strict=True)
                if document is not None
            }


def check_run_id(run_id: str) -> None:
    """Raise MessageError for what cannot be a run's id. It comes from an address, for keys."""
    if not fits(run_id, Identifier):
        raise MessageError(f"run_id is {shown(run_id)}: {rule(Identifier)}")

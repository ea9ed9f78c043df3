"""The receipt of a creator that was forgotten: what was deleted, and what was not changed.

It does not say who it was, not even by a digest: whoever has a name can try if a digest is of it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from collage_core.contract.document import Document
from collage_core.contract.fields import Count, Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp

ForgottenKind = Literal["collage", "by_creator", "thumbnail", "metadata"]
"""As in the receipts of runs."""


class DeletedObjects(Struct, frozen=True, kw_only=True):
    """Objects of one kind that are deleted."""

    objects: Count
    """How many there were."""
    bytes: Count
    """Their size."""


class DeletedCovers(Struct, frozen=True, kw_only=True):
    """Covers that are taken out of packs."""

    covers: Count
    """How many there were."""
    bytes: Count
    """Their size."""
    rewritten: Count
    """Packs that were written again without them."""
    deleted: Count
    """Packs that had no other covers."""


class NotChanged(Struct, frozen=True, kw_only=True):
    """A place that may still name the creator, and that is not changed."""

    where: Text
    """The place: keys of a bucket, or a service."""
    why: Text
    """What it says of the creator, and why it stays."""
    what_to_do: Text
    """When it goes by itself, or how to change it."""


class Forgotten(Document, frozen=True, kw_only=True):
    """What was deleted of one creator."""

    receipt_id: Identifier
    """A random id, to be kept with the request: nothing else says who it was."""
    began: RunTimestamp
    """When it was begun."""
    ended: RunTimestamp | None
    """When everything was deleted; null while it is worked on, or if that was interrupted."""
    objects: Mapping[ForgottenKind, DeletedObjects]
    """Objects in the output bucket, by their kind."""
    kept_covers: DeletedCovers
    """Covers in packs of the temp bucket."""
    reports: Count = 0
    """Reports of runs that were written again without the creator; not there in receipts of
    earlier releases."""
    not_changed: Sequence[NotChanged]
    """Where the creator may still be named."""

"""Packs: covers as they were answered, in ZIPs of the temp bucket, and where to find them again.

A cover's signed URL dies within hours or days. What is in a pack is placed without asking its host.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from collage_core.contract.document import Document
from collage_core.contract.fields import END, Count, Positive, Text
from collage_core.contract.identifiers import Identifier

Day = Annotated[str, Meta(pattern=rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{END}")]
"""A day in UTC, as YYYY-MM-DD."""


class Pack(Struct, frozen=True, kw_only=True):
    """A ZIP with covers of creators that follow each other."""

    key: Text
    """Its key in the temp bucket."""
    etag: Text
    """Its ETag when it was written; a pack with another one is not read."""
    bytes: Positive
    """Its size."""
    directory_at: Count
    """The byte at which the ZIP's central directory begins."""
    covers: Positive
    """How many covers are in it."""
    first_creator: Text
    """The creator of its first cover. Creators are in the order of the bytes of their names."""
    last_creator: Text
    """The creator of its last cover."""


class ReplacedPack(Struct, frozen=True):
    """A pack that nobody needs to look into: all of its covers are in others."""

    key: Text
    """Its key in the temp bucket."""
    etag: Text
    """Its ETag when it was merged. With another one it may have other covers, and is no such pack.
    """


class PackIndex(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The packs of one run, written when it is closed or stands still; or those of a day's runs.

    Packs that were merged from those of several runs have an index of their own, like a run.
    """

    runs: Sequence[Identifier]
    """The runs whose packs these are; packs that were merged are those of a run named `merged-…`.
    """
    packs: Sequence[Pack]
    """By the bytes of the name of the first creator, then by key."""
    replaces: Sequence[ReplacedPack] = ()
    """Packs whose covers are all in `packs` as well; left out if there are none."""


class ChunkPacks(Document, frozen=True, kw_only=True, omit_defaults=True):
    """Where a chunk looks for covers before it asks their hosts, and where it keeps new ones.

    Written when the run is planned. A chunk without a document of its own has that of the run.
    """

    folder: Text
    """What the keys of the run's own packs begin with, with a slash at the end."""
    packs: Sequence[Pack] = ()
    """The packs that may have covers of the chunk's creators, the newest first."""
    renew_before: Day | None = None
    """Covers from packs of an earlier day are kept once more, because those packs expire too soon.
    Left out: none are."""

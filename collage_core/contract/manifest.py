"""A run's plan."""

from collections.abc import Sequence

from msgspec import field
from msgspec.structs import force_setattr

from collage_core.contract.cell_size import CellSizeName
from collage_core.contract.chunk import Chunk
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.document import Document, Json, always
from collage_core.contract.family import RunName
from collage_core.contract.fields import Count, Positive
from collage_core.contract.identifiers import Identifier, OutputPrefix
from collage_core.contract.message import ChunkMessage
from collage_core.contract.rejected import NOTHING_REJECTED, Rejections
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.contract.wording import shown
from collage_core.errors import MessageError


class Manifest(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A run's plan, written once: the CSV's identity, its chunks, and how to work on them."""

    run_id: Identifier
    """The run."""
    run_timestamp: RunTimestamp
    """The run's second, in the keys of all that it writes."""
    trigger: Trigger = always(Trigger.SQS)
    """What asked for it."""
    source: CsvSource
    """The CSV that the chunks are ranges of."""
    rows: Count = always(0)
    """All rows of the run, in chunks and rejected before; always computed."""
    creators: Count = always(0)
    """All creators of the run: each is in exactly one chunk or has only rejected rows; always
    computed."""
    config: ProcessingConfig = field(name="processing_config", default_factory=ProcessingConfig)
    """How to work on each chunk."""
    output_prefix: OutputPrefix = always("")
    """The folder of its collages, below the day's folder."""
    chunks: Sequence[Chunk]
    """The chunks in the order of the CSV."""
    rejected: Rejections = always(NOTHING_REJECTED)
    """Rows of a CSV from outside that are in no chunk."""
    origin: CsvSource | None = always(None)
    """The uploaded CSV that `source` is the ordered copy of; None when there is no such object."""
    dates: DateCounts | None = always(None)
    """How the dates of a CSV from outside were read. None for a CSV of the DAG: workers count."""
    window: Window | None = None
    """The window of its covers; left out for a CSV from outside."""
    selection: Selection | None = None
    """Which creators it is limited to; left out for a run of all creators."""
    cell_size: CellSizeName | None = None
    """As in the chunk message."""
    covers_per_creator: Positive | None = None
    """As in the chunk message."""
    by_creator_copies: bool | None = None
    """As in the chunk message."""
    keep_only: bool = False
    """As in the chunk message."""
    chunk_rows: Positive | None = None
    """The least rows of a chunk as it was planned. With the same number, a repeated extract cuts
    where this plan cut."""
    parent: Identifier | None = None
    """The run that this one fills; left out for any other run."""
    family: RunName | None = None
    """The first run of its family: the parent, or that of the parent's family; left out for a run
    that is no fill."""

    def __post_init__(self) -> None:
        rows = sum(chunk.rows for chunk in self.chunks) + self.rejected.rows
        creators = sum(chunk.creators for chunk in self.chunks) + self.rejected.creators
        force_setattr(self, "rows", rows)
        force_setattr(self, "creators", creators)

    def message(self, chunk: Chunk) -> ChunkMessage:
        """The message that asks for `chunk`: its fields, and all others from this manifest."""
        # What its worker's share of the limits is, only whoever sends it knows.
        names = set(ChunkMessage.__struct_fields__) - {"processing_type", "host_limits"}
        of_chunk = names & set(Chunk.__struct_fields__)
        return ChunkMessage(
            **{name: getattr(chunk if name in of_chunk else self, name) for name in names}
        )

    def check_source(self, source: Json) -> None:
        """Raises MessageError when its chunks and rejected rows do not add up to `rows`."""
        if source.get("rows") != self.rows:
            raise MessageError(
                f"rows is {shown(source.get('rows'))}, but the chunks and rejected rows of this "
                f"manifest add up to {self.rows}: write the manifest again by running extract again"
            )

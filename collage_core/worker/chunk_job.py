"""What a worker is to do with one chunk: the message, and what the deployment adds to it."""

from dataclasses import dataclass

from collage_core.contract.cell_size import CellSize
from collage_core.contract.message import ChunkMessage
from collage_core.contract.trigger import Trigger


@dataclass(frozen=True, slots=True)
class ChunkJob:
    """A chunk message and what the receiver of it decides.

    Raises MessageError when cells of that size make the message's grid too large.
    """

    message: ChunkMessage
    trigger: Trigger
    covers_per_creator: int
    by_creator_copies: bool
    """Whether each collage is filed under its creator as well."""
    cell_size: CellSize

    def __post_init__(self) -> None:
        self.cell_size.check_grid(self.message.config.rows, self.message.config.cols)

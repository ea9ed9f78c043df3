"""How a chunk is worked on: the grid, the look of the collage, and how downloads behave."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import fields

from collage_core.contract.document import always
from collage_core.contract.faults import fits, rule
from collage_core.contract.picture_options import PictureOptions
from collage_core.contract.wording import shown
from collage_core.errors import MessageError


class ProcessingConfig(PictureOptions, frozen=True, omit_defaults=True):
    """How a chunk is worked on: the grid, the quality, how downloads behave, and PictureOptions."""

    rows: Annotated[int, Meta(ge=1, le=20)] = always(5)
    """Rows of the grid."""
    cols: Annotated[int, Meta(ge=1, le=20)] = always(7)
    """Columns of the grid."""
    quality: Annotated[int, Meta(ge=1, le=100)] = always(95)
    """JPEG quality of the collages."""
    max_workers: Annotated[int, Meta(ge=1, le=64)] = always(8)
    """Downloads in flight."""
    timeout: Annotated[int, Meta(ge=1, le=300)] = always(30)
    """Seconds for one try, redirects and body included; all tries of a cover get twice that."""
    max_retries: Annotated[int, Meta(ge=0, le=10)] = always(3)
    """Tries after the first one."""

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if not fits(value, kind):
                raise MessageError(f"processing_config.{name} is {shown(value)}: {rule(kind)}")

    @property
    def cells(self) -> int:
        """Covers that fit on one collage."""
        return self.rows * self.cols


_KINDS = {field.name: field.type for field in fields(ProcessingConfig)}

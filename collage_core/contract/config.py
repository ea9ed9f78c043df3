"""How a chunk is worked on: the grid, the look of the collage, and how downloads behave."""

from typing import Annotated, get_args

from msgspec import Meta
from msgspec.structs import fields

from collage_core.contract.document import always
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
        for name, (least, most) in CONFIG_BOUNDS.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise MessageError(
                    f"processing_config.{name} is {shown(value)}: "
                    f"it must be a whole number from {least} to {most}"
                )

    @property
    def cells(self) -> int:
        """Covers that fit on one collage."""
        return self.rows * self.cols


def _bounds(kind: object) -> tuple[int, int]:
    meta = get_args(kind)[1]
    return meta.ge, meta.le


_OF_PICTURES = {field.name for field in fields(PictureOptions)}

CONFIG_BOUNDS = {
    field.name: _bounds(field.type)
    for field in fields(ProcessingConfig)
    if field.name not in _OF_PICTURES
}
"""The bounds of the grid, the quality and the downloads. With large cells, the most rows and
columns may be too much for a worker: `check_canvas` has the limit."""

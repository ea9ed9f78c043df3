"""The object that a run reads."""

from msgspec import Struct
from msgspec.structs import force_setattr

from collage_core.contract.fields import Text


class CsvSource(Struct, frozen=True):
    """The exact bytes that a run works on: an object and its ETag."""

    bucket: Text
    """The name of its bucket."""
    key: Text
    """Its key there."""
    etag: Text
    """Its ETag without quotes: an object that was replaced has another one."""

    def __post_init__(self) -> None:
        force_setattr(self, "etag", self.etag.strip('"'))

"""The object that a run reads."""

from dataclasses import dataclass
from typing import Self

from collage_core.contract import json_fields
from collage_core.contract.json_fields import Json


@dataclass(frozen=True, slots=True)
class CsvSource:
    """The very bytes that a run works on: an object and its ETag (without quotes)."""

    bucket: str
    key: str
    etag: str

    def to_json(self) -> dict[str, str]:
        return {"bucket": self.bucket, "key": self.key, "etag": self.etag}

    @classmethod
    def from_json(cls, source: Json) -> Self:
        return cls(
            bucket=json_fields.text(source, "bucket"),
            key=json_fields.text(source, "key"),
            etag=json_fields.text(source, "etag").strip('"'),
        )

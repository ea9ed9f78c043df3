"""How a chunk is worked on: the grid, the quality, and how downloads behave."""

from dataclasses import dataclass, fields
from typing import Self

from collage_core.contract import json_fields
from collage_core.contract.json_fields import Json

CONFIG_BOUNDS = {
    "rows": (1, 20),
    "cols": (1, 20),
    "quality": (1, 100),
    "max_workers": (1, 64),
    "timeout": (1, 300),
    "max_retries": (0, 10),
}
"""What each field of a ProcessingConfig may be. Where cells are larger than usual, so many rows
and columns may be too much for a worker: `CellSize.check_grid` has the limit."""


@dataclass(frozen=True, slots=True)
class ProcessingConfig:
    """How a chunk is worked on: the grid, the JPEG quality, and how downloads behave."""

    rows: int = 5
    cols: int = 7
    quality: int = 95
    max_workers: int = 8
    """Downloads in flight."""
    timeout: int = 30
    """Seconds for one try, redirects and body included; all tries of a cover get twice that."""
    max_retries: int = 3
    """Tries after the first one."""

    def __post_init__(self) -> None:
        for name, (least, most) in CONFIG_BOUNDS.items():
            json_fields.checked_integer(
                getattr(self, name), f"processing_config.{name}", least=least, most=most
            )

    @property
    def cells(self) -> int:
        """Covers that fit on one collage."""
        return self.rows * self.cols

    def to_json(self) -> dict[str, int]:
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_json(cls, source: Json, *, defaults: "ProcessingConfig | None" = None) -> Self:
        """Fields that are left out are taken from `defaults`."""
        base = (defaults or cls()).to_json()
        return cls(**{name: source.get(name, value) for name, value in base.items()})


def config_field(source: Json, defaults: ProcessingConfig | None) -> ProcessingConfig:
    """The `processing_config` of a document."""
    given = source.get("processing_config", {})
    return ProcessingConfig.from_json(
        json_fields.as_object(given, "processing_config"), defaults=defaults
    )

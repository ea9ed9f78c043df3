"""What `plan` says of a run, as `approve` gets it through an XCom."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from collage_core.contract.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The figures of a plan. Of them, `approve` makes its question."""

    run_id: str
    about: str
    """The window or the CSV, in words."""
    window_start: str | None
    """The first moment of the window of a run over the database, in ISO 8601."""
    window_end: str | None
    rows: int
    creators: int
    chunks: int
    chunks_to_do: int
    """Chunks without a receipt."""
    estimated_dollars: float
    """Lambda, SQS and requests to S3."""
    estimated_keeping_dollars: float
    """For packs of covers, until they expire."""
    estimated_seconds: int
    """From the first message until `wait` sees the last receipt."""
    formula: str
    """How the estimate came about, and what it assumes."""
    packs: int
    """Packs that are looked into."""
    dollars_to_do: float
    """Of all that the run costs, the price of its chunks without a receipt."""
    seconds_to_do: int
    """How long these take."""
    kept_percent: float | None = None
    """Of the covers; None if that could not be told."""
    alive_percent: float | None = None
    dead_percent: float | None = None
    dead_percent_error: float | None = None

    @property
    def total_dollars(self) -> float:
        """All that the run costs, as far as it can be told beforehand."""
        return self.estimated_dollars + self.estimated_keeping_dollars

    @property
    def window(self) -> Window | None:
        """The window of its covers; None for a CSV or a fill."""
        if self.window_start is None or self.window_end is None:
            return None
        return Window(*map(datetime.fromisoformat, (self.window_start, self.window_end)))

    @classmethod
    def is_older(cls, told: Mapping[str, Any]) -> bool:
        """Whether a release has planned the run that asked nobody, before an upgrade."""
        return "chunks_to_do" not in told

    def as_xcom(self) -> dict[str, Any]:
        """For the XCom of `plan`; what is not known is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def of_xcom(cls, told: Mapping[str, Any]) -> Self:
        """As `plan` returned it, unless it `is_older`."""
        known = {"window_start": None, "window_end": None, **told}
        return cls(**{name: known[name] for name in cls.__dataclass_fields__ if name in known})

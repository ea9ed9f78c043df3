"""Which covers a run is about: a half-open window of their `updated_at`, in UTC."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` up to but without `end`; both aware and in UTC."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"[{self.start:%Y-%m-%d %H:%M:%S}, {self.end:%Y-%m-%d %H:%M:%S}) UTC"

    @property
    def bounds(self) -> dict[str, str]:
        """What the placeholders %(window_start)s and %(window_end)s stand for."""
        return {
            "window_start": f"{self.start:%Y-%m-%d %H:%M:%S.%f}",
            "window_end": f"{self.end:%Y-%m-%d %H:%M:%S.%f}",
        }

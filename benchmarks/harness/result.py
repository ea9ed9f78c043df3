"""What a contender took, and the best of several rounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from benchmarks.harness.measure import Measurement, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The figures of one run. Tracks add the size of their load."""

    LOWEST_IS_BEST: ClassVar[tuple[str, ...]] = (
        *("seconds", "cpu_seconds", "start_seconds", "start_cpu_seconds", "idle_mb"),
    )
    """Of several rounds the lowest counts: other work of the machine only ever adds to these."""

    title: str
    seconds: float
    """Of the work; starting the program and its imports are not included."""
    cpu_seconds: float
    """Of the work, in all of the contender's processes."""
    start_seconds: float
    start_cpu_seconds: float
    peak_mb: float
    """Highest resident memory of all its processes together."""
    idle_mb: float
    """The same when the program had started and done no work yet."""

    @classmethod
    def of(cls, title: str, whole: Measurement, work: Work) -> Self:
        """The figures of a run whose work was measured apart from its start."""
        return cls(
            title=title,
            seconds=work.seconds,
            cpu_seconds=work.cpu_seconds,
            start_seconds=whole.seconds - work.seconds,
            start_cpu_seconds=whole.cpu_seconds - work.cpu_seconds,
            peak_mb=whole.peak_mb,
            idle_mb=work.idle_mb,
        )

    @classmethod
    def best(cls, rounds: Sequence[Self]) -> Self:
        """The shortest times and the highest memory; all else is the first round's."""
        lowest: dict[str, Any] = {
            name: min(getattr(one, name) for one in rounds) for name in cls.LOWEST_IS_BEST
        }
        return replace(rounds[0], peak_mb=max(one.peak_mb for one in rounds), **lowest)

    @property
    def above_idle_mb(self) -> float:
        """Memory that the work added."""
        return self.peak_mb - self.idle_mb

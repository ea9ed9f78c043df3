"""How much time there is to fetch one cover."""

from dataclasses import dataclass


@dataclass(slots=True)
class CoverTime:
    """The moments at which the tries for one cover end. All are readings of the same clock.

    Waiting until its host may be asked takes nothing of a cover's own time, because it is not the
    cover that is slow. It only takes from the time of the run.
    """

    run_ends_at: float
    """When the time of the whole run is up."""
    own_ends_at: float
    """When all tries together must end."""
    try_ends_at: float = 0.0
    """When the present try must end."""
    paused_seconds: float = 0.0
    """How long it has waited for a host that asked for a pause."""

    @property
    def is_cut(self) -> bool:
        """Whether the run ends before the cover's own time does."""
        return self.run_ends_at < self.own_ends_at

    @property
    def give_up_at(self) -> float:
        """When nothing more is done for the cover."""
        return min(self.run_ends_at, self.own_ends_at)

    @property
    def try_is_cut(self) -> bool:
        """Whether the present try is shorter because the run ends."""
        return self.try_ends_at >= self.run_ends_at

    def begin_try(self, now: float, *, seconds: float) -> None:
        """Begin a try of at most so many seconds."""
        self.try_ends_at = min(now + seconds, self.give_up_at)

    def postpone(self, seconds: float) -> None:
        """Nothing was asked for so long."""
        self.own_ends_at += seconds
        self.try_ends_at = min(self.try_ends_at + seconds, self.give_up_at)

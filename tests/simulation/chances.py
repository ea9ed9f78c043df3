"""What may go wrong in a schedule, and how often: drawn once from its seed."""

from dataclasses import dataclass
from random import Random
from typing import Self


@dataclass(frozen=True, slots=True)
class Chances:
    """Shares of requests, from 0 to 1, unless said otherwise."""

    killed: float
    """The process dies at this request, before or after its effect."""
    refused: float
    """503 or 409, without an effect."""
    lost: float
    """The effect happens, but the answer is an error."""
    tried_twice: float
    """The answer gets lost, and the client of AWS sends the request again by itself."""
    frozen: float
    """The process does nothing for a long time, and goes on then."""
    delivered_twice: float
    """Of deliveries."""
    most_faults: int
    """Of all kinds together, so that every schedule ends."""
    is_kms: bool
    """Whether equal bytes get different ETags."""
    function_seconds: float
    """The timeout of the function."""
    person_acts: int
    """How often a person does something in the middle of it."""
    denied: bool
    """Whether writing to the output bucket is forbidden for a while."""

    @classmethod
    def draw(cls, random: Random) -> Self:
        """Each schedule has some of the faults, so that no fault hides behind others."""

        def some(*rates: float) -> float:
            return random.choice((0.0, *rates))

        return cls(
            killed=some(0.0, 0.005, 0.02),
            refused=some(0.0, 0.01, 0.04),
            lost=some(0.0, 0.01, 0.04),
            tried_twice=some(0.0, 0.02),
            frozen=some(0.005, 0.03),
            delivered_twice=some(0.2, 0.6),
            most_faults=random.choice((2, 5, 12)),
            is_kms=random.random() < 0.3,
            function_seconds=random.choice((300.0, 300.0, 60.0, 35.0)),
            person_acts=random.choice((0, 1, 1, 2, 3)),
            denied=random.random() < 0.1,
        )

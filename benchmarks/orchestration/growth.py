"""What a size would cost that was not measured: on the straight line through two that were."""

from collections.abc import Mapping


def at_size(measured: Mapping[int, float], size: int) -> float:
    """The cost at `size`, from those at the two sizes that were measured."""
    (small, cost_of_small), (large, cost_of_large) = sorted(measured.items())
    return cost_of_large + (size - large) * (cost_of_large - cost_of_small) / (large - small)

"""The CPU time of `decode_cell` with each gravity, one beside the other."""

import time
from collections.abc import Mapping, Sequence

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.gravity import Gravity
from collage_core.pictures.imaging import decode_cell


def milliseconds(covers: Sequence[bytes], *, rounds: int) -> Mapping[Gravity, float]:
    """CPU ms per cover.

    Gravities take turns on each cover, beginning with another one in each round. The shortest time
    of the rounds counts for each cover: other work on a machine can only add time.
    """
    order = list(Gravity)
    shortest = {gravity: [float("inf")] * len(covers) for gravity in order}
    for _ in range(rounds):
        order.append(order.pop(0))
        for number, cover in enumerate(covers):
            for gravity in order:
                start = time.process_time()
                decode_cell(cover, DEFAULT_CELL_SIZE, gravity)
                taken = (time.process_time() - start) * 1000
                shortest[gravity][number] = min(shortest[gravity][number], taken)
    return {gravity: sum(times) / len(times) for gravity, times in shortest.items()}

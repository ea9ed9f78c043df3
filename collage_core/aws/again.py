"""Makes a request again that S3 has refused because another one was at the same object."""

import random
import time
from collections.abc import Callable

from collage_core.errors import RaceError

PAUSES = (0.1, 0.4, 1.2)
"""Seconds before each further try, up to a half more: two that met are not to meet again."""


def again_after_race[T](request: Callable[[], T]) -> T:
    """What `request` returns; it is made again, some pauses long, while it raises RaceError."""
    for pause in PAUSES:
        try:
            return request()
        except RaceError:
            time.sleep(pause * random.uniform(1, 1.5))  # noqa: S311 - no secret
    return request()

"""Waits for an event, with a timeout."""

import time
from collections.abc import Callable


def eventually[T](look: Callable[[], T], *, seconds: float = 90, pause: float = 0.1) -> T:
    """What `look` finds, as soon as it finds something; looks again after each pause."""
    give_up_at = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < give_up_at, f"it did not happen in {seconds:g} s"
        time.sleep(pause)
    return found

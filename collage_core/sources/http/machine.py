"""What fetching needs of the machine that it runs on; tests replace it."""

import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from collage_core.sources.http.addresses import Resolver


@dataclass(frozen=True, slots=True)
class Machine:
    """Clocks, sleep, randomness and name lookup."""

    clock: Callable[[], float] = time.monotonic
    """Monotonic seconds."""
    now: Callable[[], float] = time.time
    """Seconds since 1970."""
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    """A random number from 0 to 1."""
    resolve: Resolver = socket.getaddrinfo

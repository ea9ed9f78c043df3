"""What fetching asks of the machine it runs on; tests give it another one."""

import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from collage_core.sources.http.addresses import Resolver


@dataclass(frozen=True, slots=True)
class Machine:
    """Clocks, sleep, chance, and the look-up of names."""

    clock: Callable[[], float] = time.monotonic
    """Seconds that never go back."""
    now: Callable[[], float] = time.time
    """Seconds since 1970."""
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    """A number from 0 to 1, another one each time."""
    resolve: Resolver = socket.getaddrinfo

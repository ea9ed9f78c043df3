"""The time that an invocation keeps back."""

import time
from typing import Any

from lambda_pkg.invocation import Invocation
from tests.support.lambda_world import FakeContext, World


def test_a_store_that_stalls_costs_less_than_five_minutes_keep_back(world: World) -> None:
    config: Any = world.services.store.client.meta.config
    tries = config.retries["total_max_attempts"]
    longest_pauses = sum(2**number for number in range(tries - 1))
    context = FakeContext(ends_at=time.monotonic() + 300)
    kept_back = 300 - Invocation.begin(context, world.services).seconds_left()
    assert tries * config.read_timeout + longest_pauses < kept_back

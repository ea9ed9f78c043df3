"""The answer to `{}`: the release, its settings, and whether it reaches its buckets and its queue.

It writes nothing, so a person or a deployment may ask at any time.
"""

from collections.abc import Callable
from functools import partial

from botocore.exceptions import BotoCoreError

from collage_core import __version__
from collage_core.contract.answers import SelfCheck
from collage_core.errors import CollageError
from lambda_pkg.invocation import Invocation

_REACHABLE = "reachable"


def self_check(invocation: Invocation) -> SelfCheck:
    """`ok` is true when all buckets and the queue answer; if not, their lines say what is wrong."""
    services = invocation.services
    settings, store = services.settings, services.store
    buckets = {
        bucket: _state(partial(store.check_bucket, bucket))
        for bucket in (settings.input_bucket, settings.output_bucket, settings.temp_bucket)
    }
    queue = _state(services.queue.check)
    return SelfCheck(
        ok={*buckets.values(), queue} == {_REACHABLE},
        version=__version__,
        settings=settings,
        buckets=buckets,
        queue=queue,
        timeout_seconds=invocation.timeout_seconds,
    )


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except (CollageError, BotoCoreError) as error:
        return str(error)
    return _REACHABLE

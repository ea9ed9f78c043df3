"""The answer to `{}`: the release, its settings, and whether it reaches its buckets and its queue.

It writes nothing, so a person or a deployment may ask at any time. A release that lacks a library
or a font, or has one for another processor, does not answer but fails, as it would for a chunk.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module

from botocore.exceptions import BotoCoreError

from collage_core import __version__
from collage_core.aws.s3_store import S3Store
from collage_core.contract.answers import SelfCheck
from collage_core.errors import CollageError, ConditionFailedError
from collage_core.layout import keys
from collage_core.recipes.collage.trial import trial_collage
from lambda_pkg.invocation import Invocation

_IMPORTED_LATER = ("idna", "collage_core.report.index_page")
"""What a worker imports at its first use, and not when it starts."""
_REACHABLE = "reachable"
_NO_PACK = "self-check.zip"
"""A name that no pack has."""


def self_check(invocation: Invocation) -> SelfCheck:
    """`ok` is true when all buckets and the queue answer; if not, their lines say what is wrong.

    Raises what `trial_collage` or an import does when the function's package is broken.
    """
    trial_collage()
    for module in _IMPORTED_LATER:
        import_module(module)
    services = invocation.services
    settings, store = services.settings, services.store
    buckets = {
        bucket: _state(partial(store.check_bucket, bucket))
        for bucket in (settings.input_bucket, settings.output_bucket, settings.temp_bucket)
    }
    if settings.keep_covers_days and buckets[settings.temp_bucket] == _REACHABLE:
        buckets[settings.temp_bucket] = _state(partial(_check_packs, store, settings.temp_bucket))
    queue = _state(services.queue.check)
    return SelfCheck(
        ok={*buckets.values(), queue} == {_REACHABLE},
        version=__version__,
        settings=settings,
        buckets=buckets,
        queue=queue,
        timeout_seconds=invocation.timeout_seconds,
    )


def _check_packs(store: S3Store, bucket: str) -> None:
    """Raise S3Error unless packs may be read and written, under a condition that none can meet."""
    key = f"{keys.DOWNLOADS}{_NO_PACK}"
    store.head(bucket, key)
    with suppress(ConditionFailedError):
        store.put(bucket, key, b"", content_type="application/zip", if_etag="0")


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except (CollageError, BotoCoreError) as error:
        return str(error)
    return _REACHABLE

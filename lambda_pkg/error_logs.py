"""Keeps the log of an attempt that failed in the temp bucket, for debugging.

The function's own log has the lines of many workers, and says of a known error only what it is.
With ENABLE_DEBUG_LOGGING, a failed attempt leaves its last lines and the traceback of its error in
an object of its own, without signatures. `docs/contracts.md` has the key.
"""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from collage_core.errors import CollageError
from collage_core.layout import keys
from collage_core.sources.http.answers.redaction import Redactor
from lambda_pkg.invocation import Invocation
from lambda_pkg.last_lines import LastLines

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
"""The most lines that are kept of an attempt, and so much of a traceback at most."""

MOST_LOGS = 10
"""The most attempts that are kept of a chunk; each later one replaces the last of them."""

_TEXT = "text/plain; charset=utf-8"


@contextmanager
def watched(invocation: Invocation) -> Iterator[Invocation]:
    """The invocation, whose lines are taken meanwhile if they are to be kept when it fails."""
    if not invocation.services.settings.enable_debug_logging or invocation.last_lines is not None:
        yield invocation
        return
    with LastLines(MOST_BYTES) as last_lines:
        yield replace(invocation, last_lines=last_lines)


def keep_error_log(
    run_id: str, chunk_id: str | None, attempt: int, error: Exception, invocation: Invocation
) -> None:
    """Write the log of this attempt, if the invocation is watched. Nothing is raised.

    `attempt` counts from 1. `chunk_id` is None for what asks for no chunk.
    """
    if invocation.last_lines is None:
        return
    settings = invocation.services.settings
    key = keys.error_log(run_id, chunk_id, min(attempt, MOST_LOGS))
    # What is kept for debugging must not change how the attempt fails.
    try:
        body = _text(attempt, error, invocation, invocation.last_lines.text).encode()
        invocation.services.store.put(settings.temp_bucket, key, body, content_type=_TEXT)
    except CollageError as problem:
        log.warning("Error log %s is not kept: %s", key, problem)
    except Exception as problem:  # noqa: BLE001
        # Its text may have a signed URL in it.
        log.warning("Error log %s is not kept: %s", key, type(problem).__name__)
    else:
        log.info("Error log: s3://%s/%s", settings.temp_bucket, key)


def _text(attempt: int, error: Exception, invocation: Invocation, lines: str) -> str:
    # Cut at its end, as a line is.
    trace = "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace")
    cut = trace[:MOST_BYTES].decode("utf-8", "ignore")
    head = (
        f"Attempt {attempt} at {invocation.delivery_id} failed with {type(error).__name__} "
        f"in invocation {invocation.invocation_id}"
    )
    redactor = Redactor((), invocation.services.settings.request_headers.values)
    return redactor.text(f"{head}\n\n{lines}\n{cut}")

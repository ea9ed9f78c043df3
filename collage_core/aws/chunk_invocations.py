"""Sends chunks to the function itself, as asynchronous invocations, past the queue.

Lambda keeps each event until there is a worker for it, repeats it twice if that fails, and sends it
to the dead-letter queue then (docs/adr/0037). A chunk that is sent twice is done once.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import TYPE_CHECKING, Final

from collage_core.aws.s3_store import error_code
from collage_core.contract.message import ChunkMessage, message_body
from collage_core.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)

THREADS = 8
"""Invocations that are sent at a time. Lambda takes one in each request."""

BATCH = 200
"""After so many messages, those that were refused are sent again."""

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each retry of refused invocations, after those that the client makes itself."""

_PASSING = {"TooManyRequestsException", "ThrottlingException", "ServiceException"}

_FIXES = {
    "ResourceNotFoundException": "set FUNCTION_NAME to the function of the workers",
    "AccessDeniedException": "allow lambda:InvokeFunction on it",
}
_WAIT = "nothing is lost, run this again once it takes invocations"


class InvocationError(TransientError):
    """The function cannot be invoked, or Lambda did not take an event."""


class ChunkInvocations:
    """The function of the workers, invoked directly: its name or its ARN."""

    bounds_workers: Final = False
    """Lambda starts a worker for each event, as far as the account and the function allow."""

    def __init__(
        self,
        client: "LambdaClient",
        *,
        function: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._function = function
        self._sleep = sleep

    def send(self, messages: Iterable[ChunkMessage]) -> int:
        """Invoke the function once for each message, without waiting for it; how many there were.

        Raises InvocationError when Lambda refuses one after all retries. Earlier ones are on their
        way; sending all of them again is harmless, because a chunk that has its receipt is skipped.
        """
        sent = 0
        with ThreadPoolExecutor(THREADS, thread_name_prefix="invoke") as pool:
            for batch in batched(messages, BATCH):
                self._send_batch(pool, [message_body(message) for message in batch])
                sent += len(batch)
        return sent

    def _send_batch(self, pool: ThreadPoolExecutor, bodies: Sequence[str]) -> None:
        waiting = bodies
        for pause in (*PAUSES, None):
            answers = zip(waiting, pool.map(self._invoke, waiting), strict=True)
            refused = {body: code for body, code in answers if code is not None}
            if not refused:
                return
            final = [code for code in refused.values() if code not in _PASSING]
            if pause is None or final:
                code = (final or list(refused.values()))[0]
                raise InvocationError(
                    f"function {self._function} took {len(waiting) - len(refused)} of "
                    f"{len(waiting)} chunks: Lambda says {code}; {_FIXES.get(code, _WAIT)}"
                )
            log.warning("Lambda refused %d of %d invocations", len(refused), len(waiting))
            waiting = list(refused)
            self._sleep(pause)

    def _invoke(self, body: str) -> str | None:
        """None, or the code of the error."""
        try:
            self._client.invoke(
                FunctionName=self._function, InvocationType="Event", Payload=body.encode()
            )
        except self._client.exceptions.ClientError as error:
            return error_code(error)
        return None

"""Invoking the function directly: what Lambda refuses in passing is sent again, nothing else."""

import json
from collections import Counter
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from collage_core.aws.chunk_invocations import BATCH, PAUSES, ChunkInvocations, InvocationError
from collage_core.contract.message import ChunkMessage
from tests.support.failures import Where, failure
from tests.support.runs import plan

CREATORS = [{f"creator-{number:03d}": 2} for number in range(BATCH + 25)]
MESSAGES = [
    message for manifest in [plan(CREATORS)] for message in map(manifest.message, manifest.chunks)
]


class RefusingFunction:
    """A client of Lambda that refuses the nth invocation for each n in `refused`."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self, refused: set[int], code: str = "TooManyRequestsException") -> None:
        self._lock = Lock()
        self.refused, self.code = refused, code
        self.offered = 0
        self.taken: Counter[str] = Counter()

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> Any:  # noqa: N803
        assert (FunctionName, InvocationType) == ("collage-worker", "Event")
        with self._lock:
            number, self.offered = self.offered, self.offered + 1
        if number in self.refused:
            raise ClientError({"Error": {"Code": self.code}}, "Invoke")
        with self._lock:
            self.taken[json.loads(Payload)["chunk_id"]] += 1
        return {"StatusCode": 202}


def send(client: RefusingFunction, messages: list[ChunkMessage]) -> list[float]:
    """Send, and return the pauses that were made."""
    pauses: list[float] = []
    function = ChunkInvocations(client, function="collage-worker", sleep=pauses.append)  # type: ignore[arg-type]
    assert function.send(messages) == len(messages)
    return pauses


@failure(
    Where.QUEUE,
    fault="`dispatch_by` is `lambda`, and Lambda throttles some invocations",
    happens="Only those are sent again, after a pause",
    sees="a warning in the log of `dispatch`",
    fix="nothing",
)
@given(st.integers(0, 45), st.sets(st.integers(0, 60), max_size=len(PAUSES)))
def test_throttled_invocations_are_made_again_and_no_others(count: int, refused: set[int]) -> None:
    client = RefusingFunction(refused)
    pauses = send(client, MESSAGES[:count])
    assert client.taken == Counter(message.chunk_id for message in MESSAGES[:count])
    assert len(pauses) <= len(refused)


def test_more_chunks_than_a_batch_are_each_invoked_once() -> None:
    client = RefusingFunction({3, BATCH + 5})
    assert send(client, MESSAGES) == [PAUSES[0], PAUSES[0]]
    assert client.taken == Counter(message.chunk_id for message in MESSAGES)


def test_what_is_throttled_for_good_is_given_up_after_growing_pauses() -> None:
    client, pauses = RefusingFunction(set(range(100))), list[float]()
    function = ChunkInvocations(client, function="collage-worker", sleep=pauses.append)  # type: ignore[arg-type]
    with pytest.raises(InvocationError, match=r"took 0 of 1 chunks: Lambda says TooMany"):
        function.send(MESSAGES[:1])
    assert pauses == list(PAUSES)


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("ResourceNotFoundException", "set FUNCTION_NAME to the function of the workers"),
        ("AccessDeniedException", "allow lambda:InvokeFunction on it"),
    ],
)
def test_a_function_that_cannot_be_invoked_is_one_error_with_the_fix(code: str, fix: str) -> None:
    client = RefusingFunction({0}, code)
    with pytest.raises(InvocationError, match=f"Lambda says {code}; {fix}"):
        send(client, MESSAGES[:1])
    assert client.offered == 1, "no pause helps"

"""Why chunks of a run have no receipt: what the worker wrote of messages that failed for good."""

from collections.abc import Iterable

from collage_core.contract.failed_message import FailedMessage
from collage_core.layout import keys
from collage_core.run.run import Run
from collage_core.storage.documents import read_documents
from collage_core.storage.object_store import ObjectStore

_MOST_NAMED = 3


def failed_messages[Store: ObjectStore](
    run: Run[Store], chunk_ids: Iterable[str]
) -> list[FailedMessage]:
    """What is known of the messages of these chunks, in their order.

    A chunk whose message has not failed for good is left out: what failed otherwise comes back.
    Raises MessageError for a document
    that cannot be read.
    """
    run_id = run.manifest.run_id
    wanted = (keys.failed_message(run_id, chunk_id) for chunk_id in chunk_ids)
    found = read_documents(run.store, run.settings.temp_bucket, wanted, FailedMessage)
    return [message for message in found if message.final]


def in_words(failed: Iterable[FailedMessage], bucket: str) -> str:
    """Where and why the messages failed, for the end of a sentence; the first of each reason."""
    by_reason = {message.reason: message for message in reversed([*failed])}
    named = [
        f"{message.reason} (s3://{bucket}/{keys.failed_message(message.run_id, message.chunk_id)})"
        for message in sorted(by_reason.values(), key=lambda message: message.chunk_id or "")
    ]
    more = len(named) - _MOST_NAMED
    return "; ".join(named[:_MOST_NAMED]) + f"; and {more} more reasons" * (more > 0)

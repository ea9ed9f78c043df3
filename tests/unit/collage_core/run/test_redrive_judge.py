"""What is done with a message of the dead-letter queue depends on what its run needs."""

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.document import to_json
from collage_core.contract.message import ChunkMessage
from collage_core.layout import keys
from collage_core.run.plan import replace_manifest
from collage_core.run.redrive_judge import Action, Judge, Verdict
from collage_core.run.redrive_kinds import Asked, Kind
from collage_core.run.stop import stop
from collage_core.storage.documents import JSON, to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.dead_letters import as_text
from tests.support.going_on import let_go_on
from tests.support.runs import plan, run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST, RECEIPTS = run([{"ana": 2}, {"bo": 2}])
FIRST, SECOND = (MANIFEST.message(chunk) for chunk in MANIFEST.chunks)
TEMP = SETTINGS.temp_bucket


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    """A bucket with a run of two chunks."""
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    return store


def put(store: S3Store, key: str, body: bytes = b"{}") -> None:
    store.put(TEMP, key, body, content_type=JSON)


def judged(store: S3Store, message: ChunkMessage | dict[str, Any] = FIRST) -> Verdict:
    return Judge(store, SETTINGS).judge(Asked.of(as_text(message)))


def test_a_chunk_without_a_receipt_is_sent_again(store: S3Store) -> None:
    put(store, keys.receipt(MANIFEST.run_id, SECOND.chunk_id))
    assert judged(store) == Verdict(Action.SEND, "the chunk has no receipt")


def test_a_chunk_with_its_receipt_is_dropped(store: S3Store) -> None:
    put(store, keys.receipt(MANIFEST.run_id, FIRST.chunk_id), to_document(RECEIPTS[0]))
    assert judged(store) == Verdict(Action.DROP, "the chunk has its receipt")


def test_a_chunk_of_a_plan_that_was_replaced_is_dropped(store: S3Store) -> None:
    replace_manifest(store, SETTINGS, plan([{"ana": 2}, {"cleo": 2}]))
    assert judged(store, FIRST).action is Action.SEND
    assert judged(store, SECOND) == Verdict(
        Action.DROP, "its run was planned again without this chunk"
    )


def test_a_chunk_of_a_run_that_is_being_planned_again_is_left(store: S3Store) -> None:
    put(store, keys.planning(MANIFEST.run_id))
    assert judged(store).action is Action.LEAVE
    assert "being planned again" in judged(store).reason


def test_a_chunk_of_a_run_that_has_expired_is_dropped(store: S3Store) -> None:
    store.delete_keys(TEMP, [keys.manifest(MANIFEST.run_id)])
    verdict = judged(store)
    assert verdict.action is Action.DROP
    assert "has expired, or was deleted" in verdict.reason


def test_a_message_that_needs_no_manifest_is_sent_again_without_one(store: S3Store) -> None:
    written_by_hand = replace(FIRST, run_id="by-hand", rows_sha256=None)
    assert judged(store, written_by_hand).action is Action.SEND


def test_a_run_whose_manifest_cannot_be_read_is_left_with_what_is_wrong(store: S3Store) -> None:
    put(store, keys.manifest(MANIFEST.run_id), b"[]")
    verdict = judged(store)
    assert verdict.action is Action.LEAVE
    assert keys.manifest(MANIFEST.run_id) in verdict.reason


@pytest.mark.parametrize("which", [MANIFEST.run_id, None])
def test_a_message_of_a_stopped_run_is_left_with_the_reason_of_the_stop(
    store: S3Store, which: str | None
) -> None:
    stop(store, SETTINGS, which, "ana stopped it; clear dispatch")
    verdict = judged(store)
    assert verdict.action is Action.LEAVE
    assert verdict.reason.endswith(": ana stopped it; clear dispatch")
    let_go_on(store, SETTINGS, which)
    assert judged(store).action is Action.SEND


def test_what_a_stopped_run_has_done_is_dropped_all_the_same(store: S3Store) -> None:
    stop(store, SETTINGS, MANIFEST.run_id, "ana stopped it")
    put(store, keys.receipt(MANIFEST.run_id, FIRST.chunk_id), to_document(RECEIPTS[0]))
    assert judged(store).action is Action.DROP
    assert judged(store, {"Records": [{"eventSource": "aws:s3"}]}).action is Action.SEND


def test_a_dropped_csv_waits_while_all_runs_are_stopped(store: S3Store) -> None:
    event = {"Records": [{"eventSource": "aws:s3"}]}
    assert judged(store, event).action is Action.SEND
    stop(store, SETTINGS, None, "ana stopped all")
    assert judged(store, event).action is Action.LEAVE


def test_of_several_messages_of_a_chunk_one_is_sent_again(store: S3Store) -> None:
    judge, asked = Judge(store, SETTINGS), Asked.of(as_text(FIRST))
    assert judge.judge(asked).action is Action.SEND
    assert judge.judge(asked) == Verdict(
        Action.DROP, "another message of the same chunk is sent again"
    )
    assert judge.judge(Asked.of(as_text(SECOND))).action is Action.SEND


def test_messages_of_one_run_cost_the_requests_of_one(store: S3Store) -> None:
    judge, asked = Judge(store, SETTINGS), Asked.of(as_text(FIRST))
    judge.judge(asked)
    store.delete_keys(TEMP, [keys.manifest(MANIFEST.run_id)])
    assert judge.judge(Asked.of(as_text(SECOND))).reason == "the chunk has no receipt"


def test_what_nobody_knows_is_left(store: S3Store) -> None:
    assert Judge(store, SETTINGS).judge(Asked(Kind.UNKNOWN)).action is Action.LEAVE


def test_a_reason_shows_nothing_of_a_message(store: S3Store) -> None:
    secret = {**to_json(FIRST), "run_id": "unknown-run", "etag": "secret"}
    assert "secret" not in judged(store, secret).reason

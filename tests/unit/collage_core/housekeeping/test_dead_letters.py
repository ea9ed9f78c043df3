"""The depth of the dead-letter queue, in one line that says how to send its messages again."""

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.housekeeping.dead_letters import dead_letters
from collage_core.housekeeping.findings import Kind, counts
from tests.support.airflow_aws import make_queues
from tests.support.lambda_world import World


def test_an_empty_dead_letter_queue_is_not_mentioned(world: World) -> None:
    queue = ChunkQueue(world.sqs, url=make_queues(world.sqs))
    assert list(dead_letters(queue, world.settings)) == []


def test_messages_that_failed_are_counted_and_can_be_sent_again(world: World) -> None:
    queue = ChunkQueue(world.sqs, url=(url := make_queues(world.sqs)))
    for _ in range(3):
        world.sqs.send_message(QueueUrl=f"{url}-dlq", MessageBody="failed")
    (finding,) = dead_letters(queue, world.settings)
    assert finding.kind is Kind.DEAD_LETTERS
    assert counts([finding]) == {"dead_letters": 3}
    assert finding.line.startswith("3 messages and events are in the dead-letter queue https://")
    assert "trigger the DAG cover_collage_redrive, which shows" in finding.line
    assert finding.line.endswith(
        "aws sqs start-message-move-task --region us-east-1 --source-arn "
        "arn:aws:sqs:us-east-1:123456789012:collage-chunks-dlq --destination-arn "
        "arn:aws:sqs:us-east-1:123456789012:collage-chunks"
    )


def test_a_queue_without_one_or_out_of_reach_is_named(world: World) -> None:
    (alone,) = dead_letters(world.services.queue, world.settings)
    assert "has no dead-letter queue" in alone.line
    world.sqs.delete_queue(QueueUrl=world.settings.chunk_queue_url)
    (gone,) = dead_letters(world.services.queue, world.settings)
    assert "NonExistentQueue" in gone.line
    assert {alone.kind, gone.kind} == {Kind.FAILED}

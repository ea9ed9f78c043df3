"""The base of the steps that tidy up: one line for each finding, and a count of each kind."""

from abc import abstractmethod
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, override

from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.aws import sqs_hook
from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import read_settings
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.housekeeping.findings import Finding, Kind, counts
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context


class FindingsOperator(AwsOperator):
    """A step that looks for something, puts it right or warns of it, and counts what it found.

    Args:
        fail_on: kinds of findings that fail the task, such as "stuck". Empty: none does.
    """

    def __init__(self, *, fail_on: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fail_on = frozenset(map(Kind, fail_on))

    @abstractmethod
    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        """What is found, each thing as soon as it is dealt with."""

    def find_in(self, context: "Context", settings: Settings, now: datetime) -> Iterator[Finding]:
        """The same, for a step that asks Airflow for something."""
        del context
        return self.find(settings, now)

    @override
    def execute(self, context: "Context") -> dict[str, int]:
        found: list[Finding] = []
        for finding in self.find_in(context, read_settings(), datetime.now(UTC)):
            found.append(finding)
            log = self.log.info if finding.kind.is_done else self.log.warning
            log("%s: %s", finding.kind.value, finding.line)
        self.log.info("✓ Found %s", counts(found) or "nothing")
        if failing := [finding for finding in found if finding.kind in self.fail_on]:
            raise AirflowFailException("; ".join(finding.line for finding in failing))
        return counts(found)

    def chunk_queue(self, settings: Settings) -> ChunkQueue:
        """The queue of chunk messages, over the same connection as the store."""
        return ChunkQueue(sqs_hook(self.aws_conn_id).get_conn(), url=settings.chunk_queue_url)

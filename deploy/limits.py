"""The numbers of a deployment, read from `limits.json` and checked against AWS's bounds.

`deploy/README.md` gives the reason for each of them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import DecodeError, Meta, Struct, json

from deploy.errors import DeployError

LIMITS_JSON = Path(__file__).with_name("limits.json")

_VISIBILITY_PER_TIMEOUT = 6
"""Lambda's guide, "Using Lambda with Amazon SQS": at least six times the function's timeout. A
message that becomes visible sooner is processed twice."""

_DAYS_IN_STANDARD_IA = 30
"""S3's guide, "Transitioning objects": before the next, colder class."""

type Days = Annotated[int, Meta(ge=1)]


class _Section(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the file. Unknown names are refused, because they may be misspelled."""


class Function(_Section, frozen=True):
    """The Lambda function. Bounds: "Lambda quotas"."""

    runtime: Annotated[str, Meta(pattern=r"^python3\.\d+$")]
    architecture: Literal["arm64", "x86_64"]
    handler: Annotated[str, Meta(pattern=r"^[a-z_]+(\.[a-z_]+)+$")]
    timeout_seconds: Annotated[int, Meta(ge=1, le=900)]
    memory_mb: Annotated[int, Meta(ge=128, le=10_240)]
    recursive_loop: Literal["Allow"]
    """With `Terminate` Lambda would stop chunks that continue in a message (docs/adr/0003)."""


class ChunkQueue(_Section, frozen=True):
    """The queue of chunk messages."""

    visibility_timeout_seconds: Annotated[int, Meta(ge=0, le=12 * 3600)]
    max_receive_count: Annotated[int, Meta(ge=5, le=1000)]
    """Lambda's guide asks for 5 or more: throttled messages count as received too."""


class DeadLetterQueue(_Section, frozen=True):
    """The queue for messages that failed `max_receive_count` times."""

    message_retention_seconds: Annotated[int, Meta(gt=4 * 24 * 3600, le=14 * 24 * 3600)]
    """Longer than the chunk queue's, SQS's default of 4 days: age counts from the first sending."""


class QueueMapping(_Section, frozen=True):
    """How SQS calls the function."""

    batch_size: Annotated[int, Meta(ge=1, le=10)]
    """More than 10 need a batching window, which the visibility timeout would have to include."""
    maximum_concurrency: Annotated[int, Meta(ge=2, le=1000)]


class UploadEvents(_Section, frozen=True):
    """Which objects of the input bucket call the function, and how often it is tried.

    By prefix alone: S3 compares suffixes byte for byte, and people drop `October best.CSV`, too.
    The function leaves alone what is not a CSV.
    """

    prefixes: Annotated[tuple[Annotated[str, Meta(pattern="/$")], ...], Meta(min_length=1)]
    maximum_retry_attempts: Annotated[int, Meta(ge=0, le=2)]
    """After that, Lambda sends the event to the dead-letter queue (docs/adr/0031)."""
    maximum_event_age_seconds: Annotated[int, Meta(ge=60, le=6 * 3600)]
    """An event that waits for longer goes there, too."""


class Bucket(_Section, frozen=True):
    """How long a bucket keeps its objects and unfinished uploads."""

    abort_uploads_after_days: Days
    """Parts of an unfinished upload are invisible, and cost money until they are removed."""
    expire_after_days: Mapping[str, Days]
    """By prefix; the empty prefix means all objects. Objects under no prefix are kept."""


class Buckets(_Section, frozen=True):
    """The three buckets."""

    input: Bucket
    output: Bucket
    temp: Bucket


class Retention(_Section, frozen=True):
    """How long an account keeps what is around the product, in days.

    S3 moves an object to STANDARD_IA after 30 days at the earliest, and on after 30 more.
    """

    log_group_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]
    """The times that CloudWatch Logs offers, up to two years."""
    access_logs_days: Days
    old_versions_days: Days
    deleted_key_days: Annotated[int, Meta(ge=7, le=30)]
    archived_csvs_standard_ia_days: Annotated[int, Meta(ge=30)]
    archived_csvs_glacier_ir_days: Annotated[int, Meta(ge=60)]
    collages_standard_ia_days: Annotated[int, Meta(ge=30)]
    collages_glacier_ir_days: Annotated[int, Meta(ge=60)]

    def __post_init__(self) -> None:
        for what in ("archived_csvs", "collages"):
            least = getattr(self, f"{what}_standard_ia_days") + _DAYS_IN_STANDARD_IA
            if (days := getattr(self, f"{what}_glacier_ir_days")) < least:
                raise ValueError(f"`{what}_glacier_ir_days` is {days}: set it to {least} or more")


class Alarms(_Section, frozen=True):
    """What an alarm takes for too much."""

    oldest_message_seconds: Annotated[int, Meta(ge=60)]
    duration_percent: Annotated[int, Meta(ge=1, le=100)]
    memory_percent: Annotated[int, Meta(ge=1, le=100)]
    failed_covers_per_hour: Annotated[int, Meta(ge=0)]
    bucket_gb: Annotated[int, Meta(ge=1)]
    refused_requests: Annotated[int, Meta(ge=0)]


class Limits(_Section, frozen=True):
    """The whole of `limits.json`."""

    function: Function
    chunk_queue: ChunkQueue
    dead_letter_queue: DeadLetterQueue
    queue_mapping: QueueMapping
    upload_events: UploadEvents
    buckets: Buckets
    retention: Retention
    alarms: Alarms

    def __post_init__(self) -> None:
        least = _VISIBILITY_PER_TIMEOUT * self.function.timeout_seconds
        visible_after = self.chunk_queue.visibility_timeout_seconds
        if visible_after < least:
            raise ValueError(
                f"`chunk_queue.visibility_timeout_seconds` is {visible_after}: set it to {least} "
                f"or more, {_VISIBILITY_PER_TIMEOUT} times `function.timeout_seconds`"
            )


def read_limits(path: Path = LIMITS_JSON) -> Limits:
    """The numbers in `path`. Raises DeployError for one that is missing, unknown or wrong."""
    try:
        return json.decode(path.read_bytes(), type=Limits)
    except (DecodeError, UnicodeDecodeError) as error:
        raise DeployError(f"{path}: {error}") from error
    except OSError as error:
        raise DeployError(f"{path} cannot be read: {error.strerror}") from error

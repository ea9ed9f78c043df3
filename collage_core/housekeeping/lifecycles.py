"""How long the buckets keep things, compared with how long they should."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from collage_core.aws.s3_store import S3Error, S3Store, error_code
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.settings import Settings

_NO_RULES = "NoSuchLifecycleConfiguration"
_WHICH = {"ID", "Status", "Filter", "Prefix"}
"""Fields of a rule that say what it is for, and not what it does."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How long a bucket keeps things, in days."""

    parts: int
    """Parts of an unfinished upload."""
    objects: int | None
    """Objects; None: for good."""


EXPECTED: Final[Mapping[str, Lifecycle]] = {
    "INPUT_BUCKET": Lifecycle(parts=1, objects=None),
    "OUTPUT_BUCKET": Lifecycle(parts=1, objects=None),
    "TEMP_BUCKET": Lifecycle(parts=1, objects=7),
}
"""What a deployment sets, by the setting that names the bucket (`deploy/limits.json`)."""


def lifecycle_drift(
    store: S3Store, settings: Settings, expected: Mapping[str, Lifecycle] = EXPECTED
) -> Iterator[Finding]:
    """A line for each bucket that keeps things for another time than it should."""
    for setting, lifecycle in expected.items():
        bucket: str = getattr(settings, setting.lower())
        try:
            rules = _rules(store, bucket)
        except S3Error as error:
            yield Finding(Kind.FAILED, f"lifecycle of {setting} was not looked at: {error}")
            continue
        if wrong := [*_differences(rules, lifecycle)]:
            yield Finding(
                Kind.LIFECYCLE,
                f"bucket {bucket} ({setting}) {' and '.join(wrong)}; to set it: "
                f"{_command(bucket, rules, lifecycle)}",
            )


def _rules(store: S3Store, bucket: str) -> Sequence[Any]:
    with store.naming_errors("read the lifecycle of", bucket, ""):
        try:
            answer = store.client.get_bucket_lifecycle_configuration(Bucket=bucket)
        except store.client.exceptions.ClientError as error:
            if error_code(error) == _NO_RULES:
                return []
            raise
    return answer["Rules"]


def _differences(rules: Sequence[Any], lifecycle: Lifecycle) -> Iterator[str]:
    enabled = [rule for rule in rules if rule["Status"] == "Enabled"]
    aborts = [
        rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        for rule in enabled
        if "AbortIncompleteMultipartUpload" in rule and not _prefix(rule)
    ]
    if min(aborts, default=None) != lifecycle.parts:
        had = f"after {min(aborts)} days" if aborts else "never"
        yield f"aborts unfinished uploads {had}, and should after {lifecycle.parts}"
    expiring = [rule for rule in enabled if _removes_objects(rule)]
    for rule in expiring:
        days = rule["Expiration"].get("Days")
        if days != lifecycle.objects or _prefix(rule):
            where = f"below {_prefix(rule)!r}" if _prefix(rule) else "of all kinds"
            when = "on a date" if days is None else f"after {days} days"
            yield f"removes objects {where} {when}, and should {_should(lifecycle)}"
    if lifecycle.objects is not None and not expiring:
        yield f"keeps objects for good, and should {_should(lifecycle)}"


def _removes_objects(rule: Any) -> bool:
    """Whether it removes objects, and not only the marks of those that were deleted before."""
    return bool({"Days", "Date"} & rule.get("Expiration", {}).keys())


def _should(lifecycle: Lifecycle) -> str:
    if lifecycle.objects is None:
        return "keep them"
    return f"remove all after {lifecycle.objects}"


def _prefix(rule: Any) -> str:
    """The prefix of the keys that a rule is for; empty for a rule for all."""
    chosen = rule.get("Filter", rule)
    return str(chosen.get("And", chosen).get("Prefix", ""))


def _command(bucket: str, rules: Sequence[Any], lifecycle: Lifecycle) -> str:
    """The command that sets what should be, and keeps rules about other things."""
    wanted: list[Any] = [rest for rule in rules if (rest := _rest(rule)).keys() - _WHICH]
    whole: dict[str, Any] = {"Status": "Enabled", "Filter": {"Prefix": ""}}
    parts = {"DaysAfterInitiation": lifecycle.parts}
    wanted.append(
        {"ID": "abort-incomplete-uploads", **whole, "AbortIncompleteMultipartUpload": parts}
    )
    if lifecycle.objects is not None:
        wanted.append({"ID": "expire", **whole, "Expiration": {"Days": lifecycle.objects}})
    return shlex.join(
        [
            *("aws", "s3api", "put-bucket-lifecycle-configuration", "--bucket", bucket),
            *("--lifecycle-configuration", json.dumps({"Rules": wanted}, default=str)),
        ]
    )


def _rest(rule: Any) -> dict[str, Any]:
    """What a rule does besides removing objects and parts, which our own rules do."""
    ours = {"AbortIncompleteMultipartUpload"} | (
        {"Expiration"} if _removes_objects(rule) else set()
    )
    return {field: value for field, value in rule.items() if field not in ours}

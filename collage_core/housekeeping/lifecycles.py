"""How long the buckets keep things, compared with how long they should.

Of several rules for one object the one that removes it first counts, so a rule for a whole bucket
can undo a longer one for a folder.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.housekeeping import lifecycle_rules as of_s3
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.layout import keys
from collage_core.settings import Settings

_WHICH = {"ID", "Status", "Filter", "Prefix"}
"""Fields of a rule that say what it is for, and not what it does."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How long a bucket keeps things, in days."""

    parts: int
    """Parts of an unfinished upload."""
    objects: Mapping[str, int] = field(default_factory=dict)
    """Objects, by the prefix of their keys. Rules for other prefixes are nobody's business here.
    Empty: the bucket keeps all of its objects for good."""


def expected_lifecycles(settings: Settings) -> Mapping[str, Lifecycle]:
    """What a deployment sets, by the setting that names the bucket (`deploy/limits.json`)."""
    temp = {keys.PROCESSING: 7, keys.DEBUG: 7}
    if settings.keep_covers_days:
        temp[keys.DOWNLOADS] = settings.keep_covers_days
    return {
        "INPUT_BUCKET": Lifecycle(parts=1),
        "OUTPUT_BUCKET": Lifecycle(parts=1),
        "TEMP_BUCKET": Lifecycle(parts=1, objects=temp),
    }


def lifecycle_drift(
    store: S3Store, settings: Settings, expected: Mapping[str, Lifecycle] | None = None
) -> Iterator[Finding]:
    """A line for each bucket that keeps things for another time than it should.

    `expected` is by the setting that names the bucket; None: as a deployment sets it.
    """
    if expected is None:
        expected = expected_lifecycles(settings)
    for setting, lifecycle in expected.items():
        bucket: str = getattr(settings, setting.lower())
        try:
            rules = of_s3.read_rules(store, bucket)
        except S3Error as error:
            yield Finding(Kind.FAILED, f"lifecycle of {setting} was not looked at: {error}")
            continue
        if wrong := [*_differences(rules, lifecycle)]:
            yield Finding(Kind.LIFECYCLE, _line(bucket, setting, wrong, rules, lifecycle))


def covers_removed_too_soon(store: S3Store, settings: Settings) -> str | None:
    """A line with the command, if a rule removes covers that are to be kept. Raises S3Error."""
    bucket, setting = settings.temp_bucket, "TEMP_BUCKET"
    if not settings.keep_covers_days:
        return None
    lifecycle = expected_lifecycles(settings)[setting]
    rules = of_s3.read_rules(store, bucket)
    harmed = {prefix for rule in _removing(rules) for prefix, _ in _harmed(rule, lifecycle)}
    if keys.DOWNLOADS not in harmed:
        return None
    return _line(bucket, setting, [*_differences(rules, lifecycle)], rules, lifecycle)


def _line(
    bucket: str, setting: str, wrong: Sequence[str], rules: Sequence[Any], lifecycle: Lifecycle
) -> str:
    command = _command(bucket, rules, lifecycle)
    return f"bucket {bucket} ({setting}) {' and '.join(wrong)}; to set it: {command}"


def _removing(rules: Sequence[Any]) -> list[Any]:
    return [rule for rule in of_s3.enabled(rules) if of_s3.removes_objects(rule)]


def _differences(rules: Sequence[Any], lifecycle: Lifecycle) -> Iterator[str]:
    aborted = min(of_s3.parts_aborted_after(rules), default=None)
    if aborted != lifecycle.parts:
        had = "never" if aborted is None else f"after {aborted} days"
        yield f"aborts unfinished uploads {had}, and should after {lifecycle.parts}"
    expiring = _removing(rules)
    for rule in expiring:
        if not lifecycle.objects:
            yield f"{_removes(rule)}, and should keep them"
        elif harmed := _harmed(rule, lifecycle):
            should = ", ".join(f"those below {prefix!r} for {n} days" for prefix, n in harmed)
            yield f"{_removes(rule)}, and should keep {should}"
    for prefix, days in lifecycle.objects.items():
        whole = [rule for rule in expiring if of_s3.is_for_all(rule, prefix)]
        if not whole:
            yield f"keeps objects below {prefix!r} for good, and should remove them after {days}"
        elif all((after := of_s3.days(rule)) is not None and after > days for rule in whole):
            found = min(after for rule in whole if (after := of_s3.days(rule)))
            yield f"keeps objects below {prefix!r} for {found} days, and should for {days}"


def _harmed(rule: Any, lifecycle: Lifecycle) -> list[tuple[str, int]]:
    """Prefixes of which a rule removes objects too soon, with the days that they should stay."""
    after = of_s3.days(rule)
    return [
        (prefix, days)
        for prefix, days in lifecycle.objects.items()
        if of_s3.is_for_some(rule, prefix) and (after is None or after < days)
    ]


def _is_wrong(rule: Any, lifecycle: Lifecycle) -> bool:
    return not lifecycle.objects or bool(_harmed(rule, lifecycle))


def _is_one_of_ours(rule: Any, lifecycle: Lifecycle) -> bool:
    """Whether it is for the same objects as one of ours: S3 refuses two that remove them."""
    prefix = of_s3.prefix(rule)
    return prefix in lifecycle.objects and of_s3.is_for_all(rule, prefix)


def _removes(rule: Any) -> str:
    prefix, days = of_s3.prefix(rule), of_s3.days(rule)
    where = f"below {prefix!r}" if prefix else "of all kinds"
    return f"removes objects {where} {'on a date' if days is None else f'after {days} days'}"


def _command(bucket: str, rules: Sequence[Any], lifecycle: Lifecycle) -> str:
    """The command that sets what should be, and keeps rules about other things."""
    others = [rest for rule in rules if (rest := _rest(rule, lifecycle)).keys() - _WHICH]
    taken = {rule.get("ID") for rule in others}
    ours = [*_ours(lifecycle)]
    for rule in ours:
        while rule["ID"] in taken:  # S3 refuses two rules of one name
            rule["ID"] += " 2"
    wanted = json.dumps({"Rules": [*others, *ours]}, default=str)
    return shlex.join(
        [
            *("aws", "s3api", "put-bucket-lifecycle-configuration", "--bucket", bucket),
            *("--lifecycle-configuration", wanted),
        ]
    )


def _ours(lifecycle: Lifecycle) -> Iterator[dict[str, Any]]:
    yield _rule(
        "abort-incomplete-uploads",
        "",
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": lifecycle.parts},
    )
    for prefix, days in lifecycle.objects.items():
        yield _rule(f"expire {prefix}", prefix, Expiration={"Days": days})


def _rule(name: str, prefix: str, **does: Any) -> dict[str, Any]:
    return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": prefix}, **does}


def _rest(rule: Any, lifecycle: Lifecycle) -> dict[str, Any]:
    """What a rule does besides what our own rules do, or would undo."""
    dropped = {"AbortIncompleteMultipartUpload"}
    if of_s3.removes_objects(rule) and (
        _is_one_of_ours(rule, lifecycle) or (of_s3.enabled([rule]) and _is_wrong(rule, lifecycle))
    ):
        dropped.add("Expiration")
    rest = {name: value for name, value in rule.items() if name not in dropped}
    if "Prefix" in rest:  # the older form, which S3 refuses beside the other one
        rest["Filter"] = {"Prefix": rest.pop("Prefix")}
    return rest

"""Lifecycle rules as S3 answers them: which objects they remove, and when."""

from collections.abc import Iterator, Sequence
from typing import Any

from collage_core.aws.s3_store import S3Store, error_code

_NO_RULES = "NoSuchLifecycleConfiguration"
_PARTIAL = {"Tag", "Tags", "ObjectSizeGreaterThan", "ObjectSizeLessThan"}
"""Fields of a filter that leave out some of the objects below a prefix."""


def read_rules(store: S3Store, bucket: str) -> Sequence[Any]:
    """All rules of a bucket, those too that are switched off. Raises S3Error."""
    with store.naming_errors("read the lifecycle of", bucket, ""):
        try:
            answer = store.client.get_bucket_lifecycle_configuration(Bucket=bucket)
        except store.client.exceptions.ClientError as error:
            if error_code(error) == _NO_RULES:
                return []
            raise
    return answer["Rules"]


def enabled(rules: Sequence[Any]) -> list[Any]:
    """Those that are not switched off."""
    return [rule for rule in rules if rule["Status"] == "Enabled"]


def parts_aborted_after(rules: Sequence[Any]) -> Iterator[int]:
    """After how many days the rules for all keys abort an unfinished upload."""
    for rule in enabled(rules):
        if "AbortIncompleteMultipartUpload" in rule and not prefix(rule):
            yield rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]


def removes_objects(rule: Any) -> bool:
    """Whether it removes objects, and not only the marks of those that were deleted before."""
    return bool({"Days", "Date"} & rule.get("Expiration", {}).keys())


def days(rule: Any) -> int | None:
    """After how many days it removes objects; None: on a date, whatever their age."""
    found: int | None = rule["Expiration"].get("Days")
    return found


def prefix(rule: Any) -> str:
    """The prefix of the keys that a rule is for; empty for a rule for all."""
    return str(_chosen(rule).get("Prefix", ""))


def is_for_all(rule: Any, below: str) -> bool:
    """Whether it is for all objects below a prefix."""
    return below.startswith(prefix(rule)) and not _PARTIAL & _chosen(rule).keys()


def is_for_some(rule: Any, below: str) -> bool:
    """Whether it may be for any object below a prefix."""
    return below.startswith(prefix(rule)) or prefix(rule).startswith(below)


def _chosen(rule: Any) -> Any:
    chosen = rule.get("Filter", rule)
    return chosen.get("And", chosen)

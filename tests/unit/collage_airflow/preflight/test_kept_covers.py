"""A lifecycle that removes kept covers too soon is a warning with its command, and no other is."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from collage_airflow.aws import s3_hook
from collage_airflow.preflight import kept_covers
from collage_airflow.preflight.kept_covers import kept_covers_problems
from tests.support.airflow_aws import SETTINGS
from tests.support.aws_commands import follow
from tests.support.preflight import deny, only

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECTION = "aws_default"


def rule(prefix: str, days: int) -> dict[str, Any]:
    return {
        "ID": f"of {prefix or 'all'}",
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "Expiration": {"Days": days},
    }


def put(s3: "S3Client", *rules: Any) -> None:
    s3.put_bucket_lifecycle_configuration(
        Bucket=SETTINGS.temp_bucket, LifecycleConfiguration={"Rules": [*rules]}
    )


@pytest.mark.parametrize("prefix", ["", "downloads/", "downloads/2026/"])
def test_a_rule_that_removes_covers_too_soon_is_a_warning_that_its_command_ends(
    s3: "S3Client", prefix: str
) -> None:
    put(s3, rule(prefix, 7))
    problem = only(kept_covers_problems(CONNECTION, SETTINGS))
    assert not problem.blocks
    assert problem.line.startswith(f"bucket {SETTINGS.temp_bucket} (TEMP_BUCKET) ")
    assert "after 7 days, and should keep those below 'downloads/' for 40 days" in problem.line
    follow(problem.line[problem.line.index("aws s3api ") :])
    assert list(kept_covers_problems(CONNECTION, SETTINGS)) == []


@pytest.mark.parametrize("rules", [[], [rule("processing/", 3)], [rule("", 40)]])
def test_any_other_difference_is_left_to_housekeeping(s3: "S3Client", rules: list[Any]) -> None:
    if rules:
        put(s3, *rules)
    assert list(kept_covers_problems(CONNECTION, SETTINGS)) == []


def test_where_nothing_is_kept_nothing_is_removed_too_soon(s3: "S3Client") -> None:
    put(s3, rule("", 7))
    nothing = replace(SETTINGS, keep_covers_days=0)
    assert list(kept_covers_problems(CONNECTION, nothing)) == []
    assert list(kept_covers_problems(CONNECTION, replace(SETTINGS, keep_covers_days=7))) == []
    assert list(kept_covers_problems(CONNECTION, replace(SETTINGS, keep_covers_days=8)))


def test_who_may_not_see_the_rules_is_not_told_of_them(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3, rule("", 7))
    hook = s3_hook(CONNECTION)
    event = "before-call.s3.GetBucketLifecycleConfiguration"
    hook.get_conn().meta.events.register(event, deny)
    monkeypatch.setattr(kept_covers, "s3_hook", lambda _: hook)
    assert list(kept_covers_problems(CONNECTION, SETTINGS)) == []

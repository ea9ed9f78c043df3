"""A bucket that keeps things for another time than it should is named, with the command."""

from typing import Any

import pytest

from collage_core.housekeeping.findings import Finding, Kind
from collage_core.housekeeping.lifecycles import EXPECTED, Lifecycle, lifecycle_drift
from deploy.limits import Bucket, read_limits
from local.provision import _lifecycle_rules
from tests.support.aws_commands import follow
from tests.support.failures import Where, failure
from tests.support.lambda_world import World


@pytest.fixture
def provisioned(world: World) -> World:
    """Buckets with the rules of the deployment."""
    for bucket, kept in buckets(world).items():
        put(world, bucket, _lifecycle_rules(kept))
    return world


def buckets(world: World) -> dict[str, Bucket]:
    limits, settings = read_limits().buckets, world.settings
    return {
        settings.input_bucket: limits.input,
        settings.output_bucket: limits.output,
        settings.temp_bucket: limits.temp,
    }


def put(world: World, bucket: str, rules: list[Any]) -> None:
    world.s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )


def rules(world: World, bucket: str) -> list[Any]:
    return world.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]  # type: ignore[return-value]


def drift(world: World) -> list[Finding]:
    return [*lifecycle_drift(world.services.store, world.settings)]


def is_fixed_by_its_command(world: World, finding: Finding) -> None:
    assert finding.kind is Kind.LIFECYCLE
    follow(finding.line[finding.line.index("aws s3api ") :])
    assert drift(world) == []


def test_what_is_expected_is_what_a_deployment_sets() -> None:
    limits = read_limits().buckets
    assert {
        setting: Lifecycle(kept.abort_uploads_after_days, kept.expire_after_days.get(""))
        for setting, kept in (
            ("INPUT_BUCKET", limits.input),
            ("OUTPUT_BUCKET", limits.output),
            ("TEMP_BUCKET", limits.temp),
        )
    } == EXPECTED


def test_buckets_as_they_are_deployed_are_not_mentioned(provisioned: World) -> None:
    assert drift(provisioned) == []


def test_buckets_without_rules_are_named_each_with_its_fix(world: World) -> None:
    found = drift(world)
    assert [line.split("(")[1].split(")")[0] for line in (f.line for f in found)] == [*EXPECTED]
    assert "aborts unfinished uploads never, and should after 1" in found[0].line
    assert "keeps objects for good, and should remove all after 7" in found[2].line
    for finding in found:
        follow(finding.line[finding.line.index("aws s3api ") :])
    assert drift(world) == []


@failure(
    Where.S3,
    fault="A lifecycle rule removes what should be kept",
    happens="Nothing is changed by itself",
    sees=(
        "`report` of `cover_collage_housekeeping`: the rule, with the command that sets the "
        "right rules"
    ),
    fix="run that command",
)
@pytest.mark.parametrize(
    ("expiration", "prefix", "said"),
    [
        ({"Days": 30}, "", "removes objects of all kinds after 30 days, and should keep them"),
        ({"Days": 7}, "results/", "removes objects below 'results/' after 7 days"),
    ],
)
def test_a_rule_that_removes_what_is_kept_for_good_is_named_and_others_stay(
    provisioned: World, expiration: Any, prefix: str, said: str
) -> None:
    bucket = provisioned.settings.output_bucket
    another = {
        "ID": "move",
        "Status": "Enabled",
        "Filter": {"Prefix": "collages/"},
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
    }
    rule = {
        "ID": "e", "Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": expiration
    }  # fmt: skip
    put(provisioned, bucket, [*rules(provisioned, bucket), another, rule])
    (finding,) = drift(provisioned)
    assert said in finding.line
    is_fixed_by_its_command(provisioned, finding)
    assert "move" in [rule["ID"] for rule in rules(provisioned, bucket)]


def test_a_rule_that_is_switched_off_does_not_count(provisioned: World) -> None:
    bucket = provisioned.settings.temp_bucket
    put(provisioned, bucket, [rule | {"Status": "Disabled"} for rule in rules(provisioned, bucket)])
    (finding,) = drift(provisioned)
    assert "aborts unfinished uploads never" in finding.line
    is_fixed_by_its_command(provisioned, finding)


def test_a_rule_about_the_versions_of_deleted_objects_is_no_drift_and_stays(
    provisioned: World,
) -> None:
    bucket = provisioned.settings.output_bucket
    versions = {
        "ID": "versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
    }
    put(provisioned, bucket, [*rules(provisioned, bucket), versions])
    assert drift(provisioned) == []
    put(provisioned, bucket, [versions])
    (finding,) = drift(provisioned)
    assert "aborts unfinished uploads never" in finding.line
    is_fixed_by_its_command(provisioned, finding)
    assert versions in rules(provisioned, bucket)


def test_a_rule_that_removes_too_much_keeps_what_else_it_does(provisioned: World) -> None:
    bucket = provisioned.settings.output_bucket
    rule = {
        "ID": "all",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": 30},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    put(provisioned, bucket, [rule])
    (finding,) = drift(provisioned)
    is_fixed_by_its_command(provisioned, finding)
    kept = [rule for rule in rules(provisioned, bucket) if rule["ID"] == "all"]
    assert [rule["NoncurrentVersionExpiration"] for rule in kept] == [{"NoncurrentDays": 3}]
    assert "Expiration" not in kept[0]


def test_a_bucket_that_is_missing_does_not_hide_the_others(provisioned: World) -> None:
    provisioned.s3.delete_bucket(Bucket=provisioned.settings.input_bucket)
    put(
        provisioned, provisioned.settings.temp_bucket, _lifecycle_rules(read_limits().buckets.input)
    )
    failed, finding = drift(provisioned)
    assert failed.kind is Kind.FAILED
    assert finding.kind is Kind.LIFECYCLE

"""A bucket that keeps things for another time than it should is named, with the command."""

from dataclasses import replace
from typing import Any

import pytest

from collage_core.housekeeping.findings import Finding, Kind
from collage_core.housekeeping.lifecycles import Lifecycle, expected_lifecycles, lifecycle_drift
from collage_core.settings import Settings
from deploy.limits import Bucket, read_limits
from local.provision import _lifecycle_rules
from local.settings import keeping_covers
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


def drift(world: World, settings: Settings | None = None) -> list[Finding]:
    return [*lifecycle_drift(world.services.store, settings or world.settings)]


def is_fixed_by_its_command(
    world: World, finding: Finding, settings: Settings | None = None
) -> None:
    assert finding.kind is Kind.LIFECYCLE
    follow(finding.line[finding.line.index("aws s3api ") :])
    assert drift(world, settings) == []


def expiring(world: World) -> dict[str, int]:
    """Days by prefix, of the rules of the temp bucket that remove objects."""
    found = rules(world, world.settings.temp_bucket)
    return {
        rule["Filter"]["Prefix"]: rule["Expiration"]["Days"]
        for rule in found
        if "Expiration" in rule
    }


def rule(prefix: str, days: int, **more: Any) -> dict[str, Any]:
    return {
        "ID": f"of {prefix}",
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "Expiration": {"Days": days},
        **more,
    }


AS_DEPLOYED = {"processing/": 7, "debug/": 7, "downloads/": 40}


def test_what_is_expected_is_what_a_deployment_sets() -> None:
    limits = read_limits().buckets
    assert {
        setting: Lifecycle(kept.abort_uploads_after_days, kept.expire_after_days)
        for setting, kept in (
            ("INPUT_BUCKET", limits.input),
            ("OUTPUT_BUCKET", limits.output),
            ("TEMP_BUCKET", limits.temp),
        )
    } == expected_lifecycles(Settings())


def test_buckets_as_they_are_deployed_are_not_mentioned(provisioned: World) -> None:
    assert drift(provisioned) == []


def test_buckets_without_rules_are_named_each_with_its_fix(world: World) -> None:
    found = drift(world)
    assert [line.split("(")[1].split(")")[0] for line in (f.line for f in found)] == [
        *expected_lifecycles(world.settings)
    ]
    assert "aborts unfinished uploads never, and should after 1" in found[0].line
    for folder, days in (("processing/", 7), ("debug/", 7), ("downloads/", 40)):
        said = f"keeps objects below '{folder}' for good, and should remove them after {days}"
        assert said in found[2].line
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


# The temp bucket: a folder each, and covers for as long as a setting says.


def test_the_days_of_covers_are_the_default_of_the_setting() -> None:
    assert read_limits().buckets.temp.expire_after_days["downloads/"] == Settings().keep_covers_days


@failure(
    Where.S3,
    fault="The temp bucket has one rule for all of its objects, as it had before covers were kept",
    happens="Kept covers are removed after a week, and are fetched again",
    sees=(
        '`check`, as a warning, and `report` of `cover_collage_housekeeping`: "removes objects of '
        "all kinds after 7 days, and should keep those below 'downloads/' for 40 days\", with "
        "the command"
    ),
    fix="run that command",
)
def test_the_one_rule_of_earlier_deployments_is_replaced_by_the_command(provisioned: World) -> None:
    bucket = provisioned.settings.temp_bucket
    aborts = [rule for rule in rules(provisioned, bucket) if "Expiration" not in rule]
    put(provisioned, bucket, [*aborts, rule("", 7, ID="expire")])
    (finding,) = drift(provisioned)
    assert (
        "removes objects of all kinds after 7 days, and should keep those below 'downloads/' for "
        "40 days; to set it: " in finding.line
    )
    is_fixed_by_its_command(provisioned, finding)
    assert expiring(provisioned) == AS_DEPLOYED


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"processing/": 7, "debug/": 7},
            "keeps objects below 'downloads/' for good, and should remove them after 40",
        ),
        (
            AS_DEPLOYED | {"downloads/": 14},
            (
                "removes objects below 'downloads/' after 14 days, and should keep those below "
                "'downloads/' for 40 days"
            ),
        ),
        (
            AS_DEPLOYED | {"downloads/": 90},
            "keeps objects below 'downloads/' for 90 days, and should for 40",
        ),
        (
            AS_DEPLOYED | {"downloads/2026/": 3},
            "removes objects below 'downloads/2026/' after 3 days",
        ),
        (
            AS_DEPLOYED | {"": 3},
            (
                "removes objects of all kinds after 3 days, and should keep those below "
                "'processing/' for 7 days, those below 'debug/' for 7 days, those below "
                "'downloads/' for 40 days"
            ),
        ),
    ],
)
def test_a_folder_of_the_temp_bucket_that_is_kept_for_another_time_is_named(
    provisioned: World, changed: dict[str, int], said: str
) -> None:
    bucket = provisioned.settings.temp_bucket
    aborts = [rule for rule in rules(provisioned, bucket) if "Expiration" not in rule]
    put(provisioned, bucket, [*aborts, *(rule(prefix, days) for prefix, days in changed.items())])
    (finding,) = drift(provisioned)
    assert said in finding.line
    is_fixed_by_its_command(provisioned, finding)
    assert expiring(provisioned) == AS_DEPLOYED


@pytest.mark.parametrize(
    "other",
    [
        rule("mine/", 3),
        rule("", 400, ID="of all"),
        rule("downloads/2026/", 90),
        rule("downloads/2025/", 1, Status="Disabled"),
    ],
    ids=str,
)
def test_a_rule_that_removes_nothing_of_ours_too_soon_is_left_alone(
    provisioned: World, other: Any
) -> None:
    bucket = provisioned.settings.temp_bucket
    ours = rules(provisioned, bucket)
    put(provisioned, bucket, [*ours, other])
    assert drift(provisioned) == []
    put(provisioned, bucket, [other])
    (finding,) = drift(provisioned)
    is_fixed_by_its_command(provisioned, finding)
    assert other["ID"] in {rule["ID"] for rule in rules(provisioned, bucket)}


def test_a_rule_for_some_objects_of_a_folder_is_not_one_for_all_of_them(
    provisioned: World,
) -> None:
    bucket = provisioned.settings.temp_bucket
    tagged = {"And": {"Prefix": "downloads/", "Tags": [{"Key": "a", "Value": "b"}]}}
    kept = [rule for rule in rules(provisioned, bucket) if rule["ID"] != "expire downloads/"]
    put(provisioned, bucket, [*kept, rule("", 40, ID="tagged", Filter=tagged)])
    (finding,) = drift(provisioned)
    assert "keeps objects below 'downloads/' for good" in finding.line
    is_fixed_by_its_command(provisioned, finding)
    assert "tagged" in {rule["ID"] for rule in rules(provisioned, bucket)}


def test_a_rule_that_has_the_name_of_ours_keeps_it(provisioned: World) -> None:
    """S3 refuses two rules of one name."""
    bucket = provisioned.settings.temp_bucket
    moved = {"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}
    put(provisioned, bucket, [rule("downloads/", 7, ID="expire downloads/", **moved)])
    (finding,) = drift(provisioned)
    is_fixed_by_its_command(provisioned, finding)
    found = rules(provisioned, bucket)
    assert len({rule["ID"] for rule in found}) == len(found)
    (kept,) = (rule for rule in found if "Transitions" in rule)
    assert kept["ID"] == "expire downloads/"
    assert "Expiration" not in kept


def test_a_rule_of_the_older_form_is_written_in_the_form_of_ours(provisioned: World) -> None:
    """S3 takes `Prefix` or `Filter`, and not both in one configuration."""
    bucket = provisioned.settings.output_bucket
    older = {
        "ID": "move",
        "Status": "Enabled",
        "Prefix": "collages/",
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
    }
    put(provisioned, bucket, [older])
    (finding,) = drift(provisioned)
    assert '"Prefix": "collages/", ' not in finding.line
    is_fixed_by_its_command(provisioned, finding)
    (move,) = (rule for rule in rules(provisioned, bucket) if rule["ID"] == "move")
    assert move["Filter"] == {"Prefix": "collages/"}


@pytest.mark.parametrize("days", [1, 39, 41, 400])
def test_covers_are_to_be_kept_for_as_long_as_the_setting_says(
    provisioned: World, days: int
) -> None:
    settings = replace(provisioned.settings, keep_covers_days=days)
    (finding,) = drift(provisioned, settings)
    is_fixed_by_its_command(provisioned, finding, settings)
    assert expiring(provisioned) == AS_DEPLOYED | {"downloads/": days}
    deployed = keeping_covers(read_limits().buckets, settings)
    put(provisioned, settings.temp_bucket, _lifecycle_rules(deployed.temp))
    assert drift(provisioned, settings) == []


def test_where_no_covers_are_kept_there_needs_to_be_no_rule_and_may_be_one(
    provisioned: World,
) -> None:
    settings = replace(provisioned.settings, keep_covers_days=0)
    assert drift(provisioned, settings) == []
    deployed = keeping_covers(read_limits().buckets, settings)
    put(provisioned, settings.temp_bucket, _lifecycle_rules(deployed.temp))
    assert set(expiring(provisioned)) == {"processing/", "debug/"}
    assert drift(provisioned, settings) == []
    put(provisioned, settings.temp_bucket, [*rules(provisioned, settings.temp_bucket), rule("", 7)])
    assert drift(provisioned, settings) == []

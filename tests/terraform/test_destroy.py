"""After `destroy` nothing is left. It runs last: see conftest.py."""

from collections.abc import Iterator

from tests.terraform.conftest import PREFIX, STATE_BUCKET, Applied


def names(applied: Applied) -> Iterator[str]:
    """The names of all that is in the account."""
    ask = applied.client
    yield from (bucket["Name"] for bucket in applied.s3.list_buckets()["Buckets"])
    yield from (url.rpartition("/")[2] for url in ask("sqs").list_queues().get("QueueUrls", []))
    yield from (found["FunctionName"] for found in ask("lambda").list_functions()["Functions"])
    yield from (role["RoleName"] for role in ask("iam").list_roles()["Roles"])
    policies = ask("iam").list_policies(Scope="Local")["Policies"]
    yield from (policy["PolicyName"] for policy in policies)
    groups = ask("logs").describe_log_groups()["logGroups"]
    yield from (group["logGroupName"].rpartition("/")[2] for group in groups)
    cloudwatch = ask("cloudwatch")
    yield from (alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"])
    dashboards = cloudwatch.list_dashboards()["DashboardEntries"]
    yield from (dashboard["DashboardName"] for dashboard in dashboards)
    topics = ask("sns").list_topics()["Topics"]
    yield from (topic["TopicArn"].rpartition(":")[2] for topic in topics)
    aliases = ask("kms").list_aliases()["Aliases"]
    yield from (alias["AliasName"].removeprefix("alias/") for alias in aliases)


def test_destroy_leaves_nothing(applied: Applied) -> None:
    iam = applied.client("iam")
    for user in iam.list_users()["Users"]:  # those of the tests hold policies
        for policy in iam.list_attached_user_policies(UserName=user["UserName"])[
            "AttachedPolicies"
        ]:
            iam.detach_user_policy(UserName=user["UserName"], PolicyArn=policy["PolicyArn"])
    made = {name for name in names(applied) if name.startswith(PREFIX)}
    assert len(made) > 20
    applied.workspace.terraform("destroy", "-no-color", "-input=false", "-auto-approve")
    left = [name for name in names(applied) if name.startswith(PREFIX)]
    assert left == [STATE_BUCKET]  # Terraform has not made it
    key = applied.client("kms").describe_key(KeyId=applied.outputs["key_arn"])["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"

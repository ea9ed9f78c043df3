"""A creator is forgotten with the rights of the policy, and with no others."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest

from collage_airflow.operators.forget import ForgetOperator
from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.layout import keys
from local import policies
from local.ministack import REGION
from local.settings import OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.forget_world import DAY, Packs, covers_in_packs, forgotten, put_objects

PREFIX = "to-be-forgotten-"
ARNS = {
    "queue_arn": f"arn:aws:sqs:{REGION}:000000000000:chunks",
    "dead_letter_queue_arn": f"arn:aws:sqs:{REGION}:000000000000:dead",
    "function_arn": f"arn:aws:lambda:{REGION}:000000000000:function:worker",
}


@pytest.fixture
def root(twin: Twin) -> Iterator[S3Store]:
    """The twin's S3 for whoever may do everything; what it wrote is removed."""
    store = S3Store(twin.aws.s3())
    yield store
    mine = [key for key in store.list_keys(OUTPUT_BUCKET, "") if PREFIX in key]
    store.delete_keys(OUTPUT_BUCKET, [*mine, *store.list_keys(OUTPUT_BUCKET, keys.FORGOTTEN)])
    store.delete_keys(TEMP_BUCKET, store.list_keys(TEMP_BUCKET, keys.downloads_of_day(DAY)))


def user_with(twin: Twin, policy: str) -> S3Store:
    """S3 as a user sees it who has this policy alone."""
    iam: Any = twin.aws.iam()
    name = f"forgets-{uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return S3Store(
        boto3.client(
            "s3",
            endpoint_url=twin.aws.client_environment()["AWS_ENDPOINT_URL"],
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            region_name=REGION,
        )
    )


def write(root: S3Store) -> tuple[str, str]:
    """A creator with objects, and covers in two packs that an index names; the creator's name."""
    name = f"{PREFIX}{uuid4().hex[:8]}"
    put_objects(root, name)
    packs = Packs(root)
    shared = packs.pack(f"ada {name}", "c1")
    packs.index(shared, packs.pack(name, "c2"))
    return name, shared.key


def test_the_rights_of_the_policy_are_enough(twin: Twin, root: S3Store) -> None:
    name, shared = write(root)
    receipt = forgotten(user_with(twin, policies.forget_policy()), name)
    assert receipt.ended
    assert receipt.kept_covers.covers == 2
    assert not [key for key in root.list_keys(OUTPUT_BUCKET, "") if name in key]
    # Other tests of the session keep covers, too.
    ours = {
        key: len(members)
        for key, members in covers_in_packs(root).items()
        if key.startswith(keys.downloads_of_day(DAY))
    }
    assert ours == {shared: 1}


def test_a_right_that_airflow_lacks_without_it_is_named(twin: Twin, root: S3Store) -> None:
    name, _ = write(root)
    with pytest.raises(S3Error, match=r"allow s3:[A-Za-z]+ in the policy of the role or user"):
        forgotten(user_with(twin, policies.airflow_policy(**ARNS)), name)
    assert [key for key in root.list_keys(OUTPUT_BUCKET, "") if name in key]


def test_the_twins_airflow_forgets_a_creator(
    twin: Twin, root: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in twin.airflow.client_environment().items():
        if not variable.startswith("AIRFLOW_") or variable == "AIRFLOW_CONN_AWS_DEFAULT":
            monkeypatch.setenv(variable, value)
    name, _ = write(root)
    context: Any = {
        "params": {"creator": name, "dry_run": True},
        "ti": SimpleNamespace(try_number=1),
    }
    task = ForgetOperator(task_id="forget")
    assert task.execute(context) is None
    context["params"]["dry_run"] = False
    key = task.execute(context)
    assert key
    assert root.head(OUTPUT_BUCKET, key)
    assert not [key for key in root.list_keys(OUTPUT_BUCKET, "") if name in key]

"""The line about a right that is missing names exactly that right."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from collage_core.aws.s3_rights import RIGHTS, allow_it
from collage_core.aws.s3_store import S3Error, S3Store
from deploy.iam import POLICIES

USER = "User: arn:aws:sts::111122223333:assumed-role/collage-worker/x is not authorized to perform:"


def test_the_action_of_the_operation_is_named_where_s3_says_nothing() -> None:
    assert allow_it("HeadObject", "Forbidden") == (
        "allow s3:GetObject in the policy of the role or user that makes the request"
    )


@pytest.mark.parametrize(
    ("message", "right"),
    [
        (f"{USER} s3:GetObject on resource: arn:aws:s3:::b/k because no policy", "s3:GetObject"),
        (f"{USER} kms:GenerateDataKey on the resource associated", "kms:GenerateDataKey"),
    ],
)
def test_what_s3_names_is_named_also_if_it_is_another_action(message: str, right: str) -> None:
    assert allow_it("PutObject", message).startswith(f"allow {right} in the policy ")


def test_a_right_that_is_denied_is_not_said_to_be_missing() -> None:
    said = allow_it("PutObject", f"{USER} s3:PutObject on b with an explicit deny in a policy")
    assert said.startswith("a policy denies s3:PutObject, whatever others allow: find the Deny")


def refusing(operation: str, answer: dict[str, Any]) -> Any:
    """A client of S3 that answers each request so."""

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": answer}, operation)

    names = ("get_object", "head_object", "put_object", "list_objects_v2", "delete_objects")
    exceptions = SimpleNamespace(ClientError=ClientError)
    return SimpleNamespace(exceptions=exceptions, **dict.fromkeys(names, refuse))


def test_the_error_of_the_store_has_the_object_and_the_right() -> None:
    store = S3Store(refusing("PutObject", {"Code": "AccessDenied", "Message": "Access Denied"}))
    with pytest.raises(S3Error) as error:
        store.put("b", "k", b"", content_type="x/y")
    assert str(error.value) == (
        "cannot write s3://b/k: S3 says AccessDenied; allow s3:PutObject in the policy of the role "
        "or user that makes the request"
    )


def test_a_head_that_is_refused_has_its_right_named_though_it_has_no_body() -> None:
    store = S3Store(refusing("HeadObject", {"Code": "403", "Message": "Forbidden"}))
    with pytest.raises(S3Error, match=r"S3 says 403; allow s3:GetObject in the policy of the role"):
        store.head("b", "k")


def test_an_object_that_is_left_of_many_has_its_right_named() -> None:
    left = {"Key": "k", "Code": "AccessDenied", "Message": f"{USER} s3:DeleteObject on b"}
    client = SimpleNamespace(
        delete_objects=lambda **_: {"Errors": [left]},
        exceptions=SimpleNamespace(ClientError=ClientError),
    )
    with pytest.raises(S3Error, match=r"cannot delete s3://b/k: .*allow s3:DeleteObject in"):
        S3Store(client).delete_keys("b", ["k"])  # type: ignore[arg-type]


def test_every_action_of_s3_that_a_document_gives_is_that_of_an_operation() -> None:
    texts = [path.read_text() for path in POLICIES.glob("*.json")]
    given = {part.split('"')[0] for text in texts for part in text.split('"s3:')[1:]}
    assert {f"s3:{action}" for action in given} == set(RIGHTS.values())

"""What the function says about itself."""

import json
import sys
from typing import Any

import pytest

from collage_core.hosts.request_headers import RequestHeaders
from collage_core.recipes.collage import trial
from tests.support.failures import Where, failure
from tests.support.lambda_world import World, with_settings
from tests.support.preflight import deny


def test_the_self_check_tells_the_release_the_settings_and_what_is_reachable(world: World) -> None:
    answer = world.invoke({})
    assert answer["ok"] is True
    assert set(answer["buckets"].values()) == {"reachable"}
    assert answer["queue"] == "reachable"
    assert answer["settings"]["default_rows"] == 2
    assert answer["schema_version"] == 1


def test_the_self_check_says_which_bucket_or_queue_is_out_of_reach(world: World) -> None:
    world.s3.delete_bucket(Bucket=world.settings.temp_bucket)
    world.sqs.delete_queue(QueueUrl=world.settings.chunk_queue_url)
    answer = world.invoke({})
    assert answer["ok"] is False
    assert "NoSuchBucket" in answer["buckets"][world.settings.temp_bucket]
    assert answer["buckets"][world.settings.input_bucket] == "reachable"
    assert "NonExistentQueue" in answer["queue"]


def test_the_self_check_shows_which_headers_are_set_and_not_what_they_are(world: World) -> None:
    headers = RequestHeaders({"*.cdn.example": {"X-Key": "s3cret", "Referer": "s3cret"}})
    answer = with_settings(world, request_headers=headers).invoke({})
    assert answer["settings"]["request_headers"] == "*.cdn.example: X-Key, Referer"
    assert "s3cret" not in json.dumps(answer)


def listed(world: World) -> int:
    return world.s3.list_objects_v2(Bucket=world.settings.temp_bucket)["KeyCount"]


def denying_packs(params: Any, **_: Any) -> Any:
    """What S3 answers to a role that has no right below `downloads/`."""
    return deny() if "/downloads/" in params["url_path"] else None


def test_the_self_check_writes_no_pack(world: World) -> None:
    world.invoke({})
    assert listed(world) == 0
    # Nor does it write over one, should anybody have given a thing that name.
    world.put(world.settings.temp_bucket, "downloads/self-check.zip", "mine")
    assert world.invoke({})["ok"] is True
    kept = world.s3.get_object(Bucket=world.settings.temp_bucket, Key="downloads/self-check.zip")
    assert kept["Body"].read() == b"mine"


@failure(
    Where.S3,
    fault="The function has no right on `downloads/`, where covers are kept",
    happens="`check` refuses the run before anything is sent; a chunk would fail",
    sees='`check`: "cannot write s3://…/downloads/self-check.zip: S3 says AccessDenied; allow …"',
    fix="give its role the rights of `deploy/policies/function.json`, then clear `check`",
)
@pytest.mark.parametrize(
    ("operation", "verb", "right"),
    [("HeadObject", "read", "s3:GetObject"), ("PutObject", "write", "s3:PutObject")],
)
def test_the_self_check_says_when_packs_can_be_neither_read_nor_written(
    world: World, request: pytest.FixtureRequest, operation: str, verb: str, right: str
) -> None:
    events, event = world.services.store.client.meta.events, f"before-call.s3.{operation}"
    events.register(event, denying_packs)
    request.addfinalizer(lambda: events.unregister(event, denying_packs))
    answer = world.invoke({})
    temp = world.settings.temp_bucket
    assert answer["ok"] is False
    assert answer["buckets"][temp] == (
        f"cannot {verb} s3://{temp}/downloads/self-check.zip: S3 says AccessDenied; allow "
        f"{right} in the policy of the role or user that makes the request"
    )
    assert with_settings(world, keep_covers_days=0).invoke({})["ok"] is True


@pytest.mark.parametrize("module", ["idna", "collage_core.report.index_page"])
def test_the_self_check_fails_when_what_is_imported_later_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=module):
        world.invoke({})


def test_the_self_check_fails_when_a_font_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_font(*_: object, **__: object) -> None:
        raise OSError("cannot open resource")

    monkeypatch.setattr(trial, "compose", no_font)
    with pytest.raises(OSError, match="cannot open resource"):
        world.invoke({})

"""What the function says about itself."""

import json

from collage_core.hosts.request_headers import RequestHeaders
from tests.support.lambda_world import World, with_settings


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

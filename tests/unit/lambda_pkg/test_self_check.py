"""What the function says about itself."""

from tests.support.lambda_world import World


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

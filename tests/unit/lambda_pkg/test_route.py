"""What invokes the function, and what it answers."""

import pytest

from collage_core.errors import MessageError
from tests.support.lambda_world import World


@pytest.mark.parametrize(
    ("event", "described"),
    [
        ({"foo": 1, "bar": 2}, "an object with the fields 'foo', 'bar'"),
        ({"Records": []}, "an object with the fields 'Records'"),
        ({"Records": [{"eventSource": "aws:sns"}]}, "an object with the fields 'Records'"),
        ([], "a list"),
        ("text", "a str"),
        (None, "a NoneType"),
    ],
)
def test_an_event_of_no_known_kind_is_refused_by_what_it_is(
    world: World, event: object, described: str
) -> None:
    with pytest.raises(MessageError, match=f"event is {described}: send"):
        world.invoke(event)


def test_the_event_that_s3_sends_to_try_the_notification_does_nothing(world: World) -> None:
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "tiktok-image-input"}
    assert world.invoke(event) == {"files": []}

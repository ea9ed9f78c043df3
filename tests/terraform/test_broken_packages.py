"""Packages that are broken in one way each: it is noticed when they are asked."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deploy.release.errors import BrokenVersionError
from deploy.release.function import Function
from tests.terraform.conftest import PREFIX, Applied

NAME = "broken"

type Change = Callable[[str, bytes], bytes | None]
"""A file of the package, from its name and bytes; None leaves it out."""


def without(beginning: str) -> Change:
    return lambda name, body: None if name.startswith(beginning) else body


def with_body(name_of_changed: str, changed: bytes) -> Change:
    return lambda name, body: changed if name.startswith(name_of_changed) else body


def changed(package: bytes, change: Change) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        bodies = {name: change(name, old.read(name)) for name in old.namelist()}
        assert any(body != old.read(name) for name, body in bodies.items())
        for name, body in bodies.items():
            if body is not None:
                new.writestr(name, body)
    return out.getvalue()


@pytest.fixture
def published(applied: Applied) -> Iterator[Callable[..., Function]]:
    """Publishes a package as version 1 of a function that has all that ours has, but the code."""
    client = applied.client("lambda")
    ours = client.get_function_configuration(FunctionName=f"{PREFIX}collage-worker")

    def publish(package: bytes, **settings: str) -> Function:
        client.create_function(
            FunctionName=NAME,
            Publish=True,
            Code={"ZipFile": package},
            Environment={"Variables": ours["Environment"]["Variables"] | settings},
            **{name: ours[name] for name in ("Runtime", "Role", "Handler", "Timeout")},
        )
        return Function(NAME, client)

    yield publish
    client.delete_function(FunctionName=NAME)


def test_a_whole_package_answers(applied: Applied, published: Any) -> None:
    published(applied.package).ask(1)


PILLOWS_TEXT, PILLOWS_COLOURS = "PIL/_imagingft.", "PIL/_imagingcms."


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without("lambda_pkg/handler.py"), "No module named 'lambda_pkg.handler'"),
        (with_body("lambda_pkg/route.py", b"def route(:\n"), "invalid syntax"),
        (without("msgspec/"), "No module named 'msgspec'"),
        (without("jinja2/"), "No module named 'jinja2'"),
        (without("manimgx_fonts/NotoSans[wght].ttf"), "cannot open resource"),
        (with_body("PIL/_imaging.", b"\x7fELF"), "_imaging"),
        (without(PILLOWS_TEXT), "_imagingft"),
        (without(PILLOWS_COLOURS), "PNG cannot be decoded"),
        (without("PIL/_webp."), "WEBP cannot be decoded"),
        (without("PIL/_avif."), "AVIF cannot be decoded"),
    ],
    ids=[
        *["no handler", "a syntax error", "no msgspec", "no jinja2", "no font"],
        *["a library of another processor", "no freetype", "no lcms", "no WebP", "no AVIF"],
    ],
)
def test_a_broken_package_is_noticed(
    applied: Applied, published: Any, change: Change, reason: str
) -> None:
    function = published(changed(applied.package, change))
    with pytest.raises(BrokenVersionError, match="version 1 does not work: ") as refused:
        function.ask(1)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"DEFAULT_ROWS": "many"}, "DEFAULT_ROWS is 'many'"),
        ({"CHUNK_QUEUE_URL": ""}, "CHUNK_QUEUE_URL is empty"),
        ({"OUTPUT_BUCKET": "not-there"}, "bucket not-there cannot be used"),
    ],
)
def test_a_wrong_setting_is_noticed(
    applied: Applied, published: Any, settings: dict[str, str], reason: str
) -> None:
    function = published(applied.package, **settings)
    with pytest.raises(BrokenVersionError) as refused:
        function.ask(1)
    assert reason in str(refused.value)

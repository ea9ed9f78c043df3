"""Packages that are broken in one way each: it is noticed when they are asked.

What `tests/unit/collage_core/recipes/collage/test_trial.py` tries in a process is not tried again.
"""

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


def without(*beginnings: str) -> Change:
    return lambda name, body: None if name.startswith(beginnings) else body


def with_body(changed_name: str, changed_body: bytes) -> Change:
    return lambda name, body: changed_body if name.startswith(changed_name) else body


def changed(package: bytes, *changes: Change) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        untouched = 0
        for name in old.namelist():
            body: bytes | None = (whole := old.read(name))
            for change in changes:
                body = body and change(name, body)
            untouched += body == whole
            if body is not None:
                new.writestr(name, body)
        assert untouched < len(old.namelist())
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


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([without("lambda_pkg/handler.py")], "No module named 'lambda_pkg.handler'"),
        (
            # Without its bytecode: Python would take that.
            [
                with_body("lambda_pkg/route.py", b"def route(:\n"),
                without("lambda_pkg/__pycache__/"),
            ],
            "invalid syntax",
        ),
        ([without("msgspec/")], "'msgspec'"),
        ([with_body("PIL/_imaging.", b"\x7fELF")], "_imaging"),
        ([without("PIL/_webp.")], "WEBP cannot be decoded"),
    ],
    ids=["no handler", "a syntax error", "no msgspec", "another processor's Pillow", "no WebP"],
)
def test_a_broken_package_is_noticed(
    applied: Applied, published: Any, changes: list[Change], reason: str
) -> None:
    function = published(changed(applied.package, *changes))
    with pytest.raises(BrokenVersionError, match="version 1 does not work: ") as refused:
        function.ask(1)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"DEFAULT_ROWS": "many"}, "DEFAULT_ROWS is 'many'"),
        ({"OUTPUT_BUCKET": "not-there"}, "cannot list s3://not-there/"),
    ],
)
def test_a_wrong_setting_is_noticed(
    applied: Applied, published: Any, settings: dict[str, str], reason: str
) -> None:
    function = published(applied.package, **settings)
    with pytest.raises(BrokenVersionError) as refused:
        function.ask(1)
    assert reason in str(refused.value)

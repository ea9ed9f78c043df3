"""docs/options.md says what the options are, and shows each picture that its command draws."""

import re
from pathlib import Path
from typing import Any, get_args

from msgspec import Meta
from msgspec.structs import fields

from collage_core.contract.options import OPTIONS
from collage_core.contract.picture_options import PictureOptions
from local.options_page import picture_names

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "options.md").read_text()
PICTURES = DOCS / "images" / "options"

ROWS = dict(re.findall(r"^\| \[`([a-z_]+)`\]\(#[a-z-_]+\) \| (.+ \| .+) \|$", PAGE, re.MULTILINE))


def bounds(kind: Any) -> Meta | None:
    found = [kind, *get_args(kind), *(part for each in get_args(kind) for part in get_args(each))]
    return next((each for each in found if isinstance(each, Meta)), None)


def test_the_table_has_every_option_with_its_values_and_its_default() -> None:
    assert list(ROWS) == [field.name for field in fields(PictureOptions)]
    for field in fields(PictureOptions):
        values, default = ROWS[field.name].split(" | ")
        meta = bounds(field.type)
        if field.type is bool:
            assert values == "`true`, `false`"
        elif meta and meta.ge is not None:
            assert values.startswith(f"{meta.ge:,} to {meta.le:,} ")
        elif meta and meta.max_length is not None:
            assert values == f"up to {meta.max_length} letters"
        elif not meta:
            assert values == ", ".join(f"`{choice}`" for choice in OPTIONS[field.name].choices)
        wanted = {None: "no limit", "": "none"}.get(field.default, f"`{field.default}`".lower())
        assert default == wanted, field.name


def test_each_picture_is_on_the_page_and_no_other_is_kept() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(images/options/([a-z0-9-]+)\.webp\)", PAGE)
    assert sorted(shown) == sorted(picture_names())
    assert {path.name for path in PICTURES.iterdir()} == {f"{name}.webp" for name in shown}
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 1_500_000

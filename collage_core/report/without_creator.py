"""The page about a run once more, without one creator.

It is not made again: what was left out of it before would come back, and pictures may be gone.
"""

import json
import re

from collage_core.errors import MessageError
from collage_core.layout.creator_names import encode_creator

_DATA = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.DOTALL)

_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'"}
"""As in the page: its data may hold no tag."""


def without_creator(page: bytes, creator: str) -> bytes | None:
    """The page without the creator's entry and thumbnail; None if it has neither.

    Counts stay as they are: they name nobody. Raises MessageError for a file that is no such page.
    """
    try:
        html = page.decode()
        before, data, after = _DATA.search(html).group(1, 2, 3)  # type: ignore[union-attr]
        parsed = json.loads(data)
        creators = [entry for entry in parsed["creators"] if entry[0] != creator]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise MessageError(f"it is no page about a run: {error!r}") from error
    encoded = re.escape(encode_creator(creator))
    # A name may have many lines, and what it has of tags is escaped.
    tile = rf'^<article><a [^>]*><img data-creator="{encoded}".*?</article>\n'
    left = re.sub(tile, "", html, flags=re.MULTILINE | re.DOTALL)
    if len(creators) == len(parsed["creators"]) and left == html:
        return None
    parsed["creators"] = creators
    written = json.dumps(parsed, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)
    return _DATA.sub(lambda _: f"{before}{written}{after}", left, count=1).encode(errors="replace")

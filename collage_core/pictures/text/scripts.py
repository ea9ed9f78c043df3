"""Text as it is drawn: one line from left to right, of letters that need no further shaping.

Pillow can leave this to Raqm, but only where the system has FriBidi, and Lambda has not. Done here,
a name looks the same everywhere.
"""

import re
import unicodedata
from collections import Counter, defaultdict

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

_OPENER = {")": "(", "]": "[", "}": "{", ">": "<", "»": "«"}
ISOLATES = "\u2066\u2067\u2068\u2069"
_NOT_DRAWN = re.compile(
    "[\u0591-\u05bd\u05bf-\u05c7"  # vowel points of Hebrew, which must be placed inside letters
    "\ufe00-\ufe0f"  # variations of the letter before
    "\U0001f3fb-\U0001f3ff]"  # tones of skin
)
_RAISED = re.compile(
    "(?<=[\u0e31\u0e34-\u0e37\u0e47\u0e4d])[\u0e48-\u0e4c]|[\u0e48-\u0e4b](?=\u0e33)"
)


def isolated(text: str) -> str:
    """The text so that its direction does not change the order of what is around it."""
    return f"\u2068{text}\u2069"


def cleaned(text: str) -> str:
    """The letters of a text that can be seen, composed, and what `isolated` has added."""
    seen = (
        letter
        for letter in unicodedata.normalize("NFC", " ".join(text.split()))
        if letter in ISOLATES or unicodedata.category(letter) not in _UNSEEN
    )
    return _NOT_DRAWN.sub("", "".join(seen))


def in_drawing_order(text: str) -> str:
    """The letters of a cleaned text from left to right, Arabic ones in the forms that join them."""
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        # Both are needed for few names, and take a tenth of a second to import.
        from arabic_reshaper import reshape  # noqa: PLC0415
        from bidi import get_display  # noqa: PLC0415

        text = _with_brackets_turned(str(get_display(reshape(text))))
    seen = (letter for letter in text if letter not in ISOLATES)
    return " ".join("".join(seen).split())


def raised_marks(ordered: str) -> set[int]:
    """The places of the tones of Thai that stand above a vowel, which is itself above a letter."""
    return {found.start() for found in _RAISED.finditer(ordered)}


def _with_brackets_turned(ordered: str) -> str:
    """Brackets around what is read from the right open to the left; get_display leaves that out."""
    letters = list(ordered)
    opened, closed = Counter[str](), defaultdict[str, list[int]](list)
    for at, letter in enumerate(letters):
        if opener := _OPENER.get(letter):
            if opened[opener]:
                opened[opener] -= 1
            else:
                closed[opener].append(at)
        elif closed[letter]:
            before = closed[letter].pop()
            letters[before], letters[at] = letter, letters[before]
        else:
            opened[letter] += 1
    return "".join(letters)

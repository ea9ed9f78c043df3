"""Names that people write for that of an update: taken as they are, they would make another run."""

import re
from datetime import date
from unicodedata import digit, normalize

from collage_core.layout import keys

_MEANT = re.compile(r"updates? *batch(?:es)? *([0-9]*)")
_DAY = re.compile(r"([0-9]{4})[-/._]?([0-9]{1,2})[-/._]?([0-9]{1,2})")
_BEYOND = 1000


def meant_as_update(csv_key: str) -> str | None:
    """What to do with a dropped CSV that is no update and is named almost like one; else None.

    Number 001 is the name of the CSV of a scheduled day, and in its folder it is taken as that.
    """
    if not csv_key.startswith(keys.CSV_FILES) or keys.update_day(csv_key) is not None:
        return None
    folder, _, name = csv_key.removeprefix(keys.CSV_FILES).rpartition("/")
    meant = _MEANT.search(_in_plain_words(name))
    if meant is None:
        return None
    day = _day_of(folder)
    if day is not None and csv_key.lower() == keys.update_csv(day, 1):
        return None
    return (
        f"{csv_key} is named almost like a CSV with fresh URLs for a run: if it has them, upload "
        f"it as {_right_key(day, meant[1])}{_WHICH_DAY if day is None else ''}; if not, upload it "
        f"under a name without {keys.UPDATES.removesuffix('_')!r}, and collages are made of its "
        "rows alone"
    )


_WHICH_DAY = ", where YYYY/MM/DD is the day in the name of the refresh list"


def _in_plain_words(name: str) -> str:
    """In small letters, with blanks between words, and digits of one kind."""
    words = (
        (str(digit(one)) if one.isdigit() else one) if one.isalnum() else " "
        for one in normalize("NFKC", name).casefold()
    )
    return "".join(words)


def _right_key(day: date | None, digits: str) -> str:
    """The key that was meant, as far as it can be known; else that of the first update."""
    number = int(digits[:9] or 0)
    key = keys.update_csv(day or date.max, number if 2 <= number < _BEYOND else 2)
    return key if day else key.replace(f"{date.max:%Y/%m/%d}", "YYYY/MM/DD")


def _day_of(folder: str) -> date | None:
    """The day of a folder, however it is written; None if it has none."""
    found = _DAY.match(folder)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None

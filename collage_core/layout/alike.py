"""Names that people take for each other."""

import unicodedata


def look(name: str) -> str:
    """A name without what people do not see or remember: accents, case and blanks."""
    decomposed = unicodedata.normalize("NFKD", name)
    kept = (char for char in decomposed if not unicodedata.combining(char))
    return "".join("".join(kept).casefold().split())

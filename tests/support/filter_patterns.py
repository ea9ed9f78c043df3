"""Filter patterns of CloudWatch Logs for lines of text, applied to lines.

"Filter pattern syntax" in its User Guide: a term in quotes is an exact phrase, and so is a word
alone; all of them must be in the line, in upper and lower case as they are.
"""

import shlex
from collections.abc import Iterable


def matching(pattern: str, lines: Iterable[str]) -> list[str]:
    """The lines that a pattern of terms finds. Raises ValueError for any other pattern."""
    terms = shlex.split(pattern)
    if not terms or any(pattern.startswith(sign) for sign in "{[%?-") or " -" in pattern:
        raise ValueError(f"no pattern of terms: {pattern}")
    return [line for line in lines if all(term in line for term in terms)]

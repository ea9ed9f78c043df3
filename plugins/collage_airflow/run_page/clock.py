"""The time, as an argument of the pages that need it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends


def now() -> datetime:
    """This moment, aware and in UTC."""
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(now)]
"""The moment of a request."""

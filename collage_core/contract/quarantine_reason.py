"""What is written beside a CSV that was refused."""

from msgspec import field

from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import FLAT, Document
from collage_core.contract.fields import Text
from collage_core.contract.run_timestamp import RunTimestamp


class QuarantineReason(Document, frozen=True, kw_only=True):
    """Why a CSV is in the quarantine."""

    source: CsvSource = field(name=FLAT)
    """The object as it was uploaded."""
    uploaded: RunTimestamp
    """When it was uploaded."""
    reason: Text
    """One line: what is wrong, and how to fix it."""

"""What is written of an uploaded CSV of which too many covers failed."""

from msgspec import field

from collage_core.contract.books import Books
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import FLAT, Document
from collage_core.contract.fields import Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import Status


class FailedUpload(Document, frozen=True, kw_only=True):
    """Why an uploaded CSV is still in its place although its run has ended.

    The next upload to the same key is a run of its own, whatever this says.
    """

    origin: CsvSource
    """The object as it was uploaded, which is where it was."""
    run_id: Identifier
    """The run that it became."""
    run_timestamp: RunTimestamp
    """The run's second, in the keys of all that it wrote."""
    status: Status
    """How the run ended, as in its summary."""
    reason: Text
    """One line: how many covers failed, why, and how to fix it."""
    output_bucket: Text
    """The bucket of the collages, the summary and the results."""
    collages: Text
    """The folder there of the collages that could be made."""
    summary_key: Text
    """The run's summary there."""
    results_key: Text
    """The batch results of the run's day there."""
    books: Books = field(name=FLAT)
    """The books of the run."""

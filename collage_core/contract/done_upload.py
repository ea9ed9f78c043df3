"""What is written beside an uploaded CSV when its run has ended."""

from msgspec import field

from collage_core.contract.books import Books
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import FLAT, Document
from collage_core.contract.fields import Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import Status


class DoneUpload(Document, frozen=True, kw_only=True):
    """What became of an uploaded CSV, and where its collages are."""

    origin: CsvSource
    """The object as it was uploaded."""
    moved_to: Text
    """Its key now, in the same bucket."""
    run_id: Identifier
    """The run that it became."""
    run_timestamp: RunTimestamp
    """The run's second, in the keys of all that it wrote."""
    status: Status
    """How the run ended, as in its summary."""
    output_bucket: Text
    """The bucket of the collages, the summary and the results."""
    collages: Text
    """The folder of the collages there."""
    summary_key: Text
    """The run's summary there."""
    results_key: Text
    """The batch results of the run's day there."""
    books: Books = field(name=FLAT)
    """The books of the run."""

"""Which run an uploaded CSV is."""

from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import Document
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp


class UploadRun(Document, frozen=True, kw_only=True):
    """The run that the bytes of an uploaded CSV are, from before it is planned."""

    origin: CsvSource
    """The object as it was uploaded."""
    run_id: Identifier
    """The run that it is."""
    submitted: RunTimestamp
    """When it was uploaded: the run's second, unless another run has that."""

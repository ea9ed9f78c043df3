"""The document that stops a run, or all runs."""

from collage_core.contract.document import Document
from collage_core.contract.fields import Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp


class Stop(Document, frozen=True, kw_only=True):
    """While it exists, no worker works on the chunks of a run, or of any run."""

    run_id: Identifier | None
    """The run; null for all runs."""
    since: RunTimestamp
    """When it was stopped."""
    reason: Text
    """One line: who stopped it, and how to go on."""
    renewed: RunTimestamp | None = None
    """When somebody last asked for it once more; null if nobody has."""

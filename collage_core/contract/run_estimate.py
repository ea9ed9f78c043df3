"""What `plan` said that a run would take."""

from collage_core.contract.books import Seconds
from collage_core.contract.document import Document
from collage_core.contract.fields import Count, Text
from collage_core.contract.figures import Dollars, Share
from collage_core.contract.identifiers import Identifier


class RunEstimate(Document, frozen=True, kw_only=True):
    """The estimate of a run, as it was before anything was sent."""

    run_id: Identifier
    """The run."""
    usd: Dollars
    """Lambda, SQS and requests to S3."""
    keeping_usd: Dollars
    """At most, for covers that are kept until they expire."""
    function_seconds: Seconds
    """Of all workers together, as Lambda bills them."""
    seconds: Seconds
    """From the first message until `wait` sees the last receipt."""
    covers: Count
    """Covers that are asked for, reserves included."""
    seconds_per_cover: Seconds
    """Of a worker."""
    failed_share: Share
    """The part of the requested covers that fail."""
    rates: Text
    """Where the last two are from, in words."""

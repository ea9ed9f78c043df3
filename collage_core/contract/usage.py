"""What AWS bills for the work on a chunk, as the workers themselves counted it."""

from typing import Literal, Self

from collage_core.contract.document import Whole
from collage_core.contract.fields import Count, Positive

Architecture = Literal["arm64", "x86_64"]


class Usage(Whole, frozen=True, kw_only=True):
    """Time and requests of the invocations that made a receipt.

    Those of attempts that failed, were killed or were slower than another worker are not in it:
    they write no receipt.
    """

    invocations: Count
    """How many invocations there were: a chunk that ran out of time takes several. 0 for a chunk
    that was worked on in the same invocation as the one before."""
    milliseconds: Count
    """From the beginning of the handler to the moment at which the receipt was written, and the
    cold starts before it, where the worker could measure them."""
    memory_mb: Positive
    """Memory of the function, by which Lambda bills its time; the newest if it was changed."""
    architecture: Architecture
    """The processor, by which the price differs; the newest if it was changed."""
    puts: Count
    """PUT, COPY and POST requests to S3, those that S3 refused and repeated ones, too."""
    lists: Count
    """LIST requests to S3, which cost as much."""
    gets: Count
    """GET, HEAD and all other requests to S3 that cost anything. Deleting is free."""
    queue_requests: Count
    """Requests to SQS: each message is sent, received and deleted. 0 for a direct invocation."""

    @property
    def gb_seconds(self) -> float:
        """The unit in which Lambda bills time."""
        return self.milliseconds / 1000 * self.memory_mb / 1024

    def __add__(self, later: Self) -> Self:
        """Together with what was used for the rest of the chunk."""
        return type(self)(
            invocations=self.invocations + later.invocations,
            milliseconds=self.milliseconds + later.milliseconds,
            memory_mb=later.memory_mb,
            architecture=later.architecture,
            puts=self.puts + later.puts,
            lists=self.lists + later.lists,
            gets=self.gets + later.gets,
            queue_requests=self.queue_requests + later.queue_requests,
        )

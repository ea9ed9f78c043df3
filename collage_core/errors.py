"""All errors raised on purpose, by whether a retry can help.

    CollageError
    ├── PermanentError             a retry finds the same; something has to be changed first
    │   ├── SettingError             a setting, a parameter, a connection or its SQL
    │   │   ├── DefinitionError        (collage_airflow) a connection cannot be read
    │   │   └── EmptyWindowError       (collage_airflow) a window that may not be empty is
    │   ├── MessageError             a message or document breaks its schema, or has expired
    │   ├── CsvFormatError           a CSV from outside cannot be used as a whole
    │   ├── BooksError               rows were lost or counted twice
    │   │   └── UnequalError           objects are not in the bucket as the books say
    │   ├── SourceChangedError       the CSV of a run was replaced or removed
    │   ├── TooManyFailedError       more covers failed than is tolerated
    │   ├── RunConflictError         another run owns what this run would write
    │   ├── NotApprovedError         (collage_airflow) a person refused the run, or nobody answered
    │   ├── RefusedError             (collage_airflow) `check` found what a person has to fix
    │   └── IncompleteError          (collage_airflow) rows still missing after all patience
    ├── TransientError             a retry may succeed with nothing changed
    │   ├── S3Error                  S3 refused a request or did not do it
    │   ├── QueueError               SQS refused a request or a message
    │   │   └── TooManyHiddenError     SQS gives out no more messages for now
    │   ├── InvocationError          Lambda refused an invocation
    │   ├── RaceError                another worker was at the same objects
    │   ├── UnansweredError          (collage_airflow) a server did not answer `check`
    │   └── StreamError              the database sent other rows than it had counted
    ├── RunStoppedError            an answer, too: somebody has stopped the run
    ├── PlanReplacedError          an answer, too: the chunk is in no plan any more
    └── ConditionFailedError       the answer "no" to a conditional request; callers handle it

Every message names the thing, the value and the fix: it is the line that a person reads in the
Airflow UI or beside a quarantined file. A cover that cannot be fetched or decoded is no error but
a `Reason`, counted in the books.
"""

from collections.abc import Mapping


class CollageError(Exception):
    """Base of all errors raised on purpose by this project."""


class PermanentError(CollageError):
    """A retry finds the same. The message says what has to be changed first."""


class SettingError(PermanentError):
    """A setting, a parameter, a connection or the SQL that it is asked cannot be used."""


class MessageError(PermanentError):
    """A message, manifest, receipt or summary does not follow its schema, or has expired."""


class CsvFormatError(PermanentError):
    """A cover CSV cannot be used as a whole: its header, its encoding or its size is wrong."""


class BooksError(PermanentError):
    """Rows were lost or counted twice: the books of a chunk or a run do not balance."""


class UnequalError(BooksError):
    """Objects are not in the bucket as the books say. `chunks`: why, by the chunk to do again."""

    def __init__(self, message: str, *, chunks: Mapping[str, str]) -> None:
        super().__init__(message)
        self.chunks = chunks


class SourceChangedError(PermanentError):
    """The CSV of a run was replaced or removed after the run was planned."""


class TooManyFailedError(PermanentError):
    """More covers of a run failed than the deployment tolerates. Its objects and books stay."""


class PlanReplacedError(CollageError):
    """The chunk is in no plan any more: its run was planned again. Its worker ends quietly."""


class RunStoppedError(CollageError):
    """Somebody has stopped the run. Its worker ends quietly, with what is done."""


class RunConflictError(PermanentError):
    """Another run owns the objects that this run would write."""


class TransientError(CollageError):
    """A retry may succeed with nothing changed."""


class RaceError(TransientError):
    """Another worker was writing the same objects. A retry finds what that worker did."""


class StreamError(TransientError):
    """The database sent other rows than it had counted: the stream broke off, or rows changed."""


class ConditionFailedError(CollageError):
    """An object is not in the state that a conditional request named.

    It is an answer, which the caller handles: changed, already there, or gone.
    """

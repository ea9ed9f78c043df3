"""The one tree of exceptions: contracts that were broken, never data that was merely bad.

Every message names the thing, the value and the mend, because it is the line that a
person reads in the Airflow UI or beside a quarantined file. A cover that cannot be
fetched or decoded is not here: that is a `Reason`, counted in the books.
"""


class CollageError(Exception):
    """Base of all errors raised on purpose by this project."""


class SettingError(CollageError):
    """A setting has a value that cannot be used."""


class MessageError(CollageError):
    """A message, manifest, receipt or summary does not follow its schema."""


class CsvFormatError(CollageError):
    """A cover CSV cannot be used as a whole: its header, its encoding or its size is wrong."""


class BooksError(CollageError):
    """Rows were lost or counted twice: the books of a chunk or a run do not balance."""

"""Every error that Simile raises on purpose.

::

    SimileError
    ├── InputError            a file, a table or a setting that cannot be used as it is (exit code 2)
    │   ├── ReadingError      a file that is not a usable table
    │   │   ├── TooLargeError more than fits; a sample of its rows may
    │   │   └── RaggedError   rows that have more or fewer cells than the header; they can be left out
    │   ├── TableError        columns, kinds or roles that do not fit
    │   ├── ConstraintError   a rule that cannot be read or applied
    │   ├── MethodError       an engine or one of its settings
    │   ├── SchemaError       a schema of test data that cannot be read or filled
    │   ├── ProjectError      a project or a run that cannot be opened
    │   └── StorageError      a file of Simile's own that cannot be kept: no room, or no right to write (an OSError too)
    ├── GenerationError       learning or sampling could not finish
    │   └── InfeasibleError   no row can keep all the rules or conditions
    └── Cancelled             the person asked for it to stop

A message is one plain sentence, or two: where, what was expected, what was found, what to do. It never holds
cell values beyond what the page shows anyway.
"""


class SimileError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` is fit to be shown to the user."""


class InputError(SimileError):
    """What was given cannot be used as it is."""


class ReadingError(InputError):
    """A file is not a usable table."""


class TooLargeError(ReadingError):
    """A file holds more than fits into memory or under the limit; a sample of its rows may be read."""


class RaggedError(ReadingError):
    """Some rows have more or fewer cells than the header; they can be left out."""


class TableError(InputError):
    """Columns, kinds or roles do not fit what was asked."""


class ConstraintError(InputError):
    """A rule cannot be read, or does not fit the table."""


class MethodError(InputError):
    """An engine is unknown, not installed, or one of its settings is out of range."""


class SchemaError(InputError):
    """A schema of test data cannot be read, or no rows can be made of it."""


class ProjectError(InputError):
    """A project or a run cannot be opened or changed."""


class StorageError(InputError, OSError):
    """A file cannot be kept: the disk is full, or its folder may not be written."""

    def __str__(self) -> str:
        """Return the sentence, not the system's own words."""
        return str(self.args[0]) if self.args else ""


class GenerationError(SimileError):
    """Learning or sampling could not finish."""


class InfeasibleError(GenerationError):
    """No row can keep all the rules or conditions together."""


class Cancelled(SimileError):
    """The work was stopped on request."""

"""Failures that a person can do something about.

FolioscopeError             every expected failure; its text is shown to the person as it is
├── LibraryError            the library on disk cannot be used (exit code 3)
│   ├── LibraryBusy         another process is writing; names it
│   ├── LibraryReadOnly     it may only be read, and something was to be written
│   └── SpaceMismatch       the vectors were made by a model that is not there; names the command that helps
├── UsageError              what was asked for makes no sense (exit code 2)
├── ExtractionError         one file could not be read, for instance OutOfMemory (pipelines/errors.py)
└── ModelUnavailable        a model could not be loaded (pipelines/errors.py)

Every message names the thing, the reason and the next step.
"""


class FolioscopeError(Exception):
    """Base of all expected failures; `str(error)` is a sentence for the person."""


class LibraryError(FolioscopeError):
    """The library folder or its catalogue cannot be used."""


class LibraryBusy(LibraryError):
    """Another process holds the writer's lock."""


class LibraryReadOnly(LibraryError):
    """The library may be read, but not written."""


class SpaceMismatch(LibraryError):
    """A vector space was filled by another model than made the vector it is searched with."""


class UsageError(FolioscopeError):
    """The request itself is wrong: an empty question, an unknown source, a negative k."""

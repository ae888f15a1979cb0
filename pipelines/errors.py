"""Failures of the work itself; the whole tree is drawn in indexes/errors.py."""

import re

from indexes.errors import FolioscopeError


class ExtractionError(FolioscopeError):
    """A file could not be read. `stage` says where: 'open', 'read', 'look', 'embed' …"""

    def __init__(self, reason: str, stage: str = "read") -> None:
        super().__init__(reason)
        self.stage = stage


class Changed(ExtractionError):
    """A file was written while it was read: what was read of it until then stands in no file."""


class Unsupported(ExtractionError):
    """A file of a kind that is not read at all: it is skipped, not failed."""


class OutOfMemory(ExtractionError):
    """A file needs more memory than its reader was given, or made it crash, which often is the same."""


class ModelUnavailable(FolioscopeError):
    """A model could not be loaded: not installed, wrong hash, unknown name."""


def in_short(error: Exception, name: str) -> str:
    """What is wrong with a file of this name, without what can be done about it: 'locked with a password'."""
    said = re.split(r"[.:;]\s|[.:;]$|\s\(", str(error).removeprefix(name), maxsplit=1)[0]
    return said.strip().removeprefix("is ") or type(error).__name__

"""Texts of persons, files and models as HTML in which nothing is markup."""

from __future__ import annotations

import html
import re
from pathlib import PurePath

# The page's HTML component is a template: '$', '{' and '`' would be read as its own.
_TEMPLATE = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;"})
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def escape(text: object) -> str:
    """Text as HTML in which nothing is markup, in content and in quoted attributes."""
    return html.escape(_INVISIBLE.sub("", str(text)), quote=True).translate(_TEMPLATE)


def file_name(path: str) -> str:
    """A path's last part, set apart from the direction of the text around it."""
    return f"<bdi>{escape(PurePath(path).name)}</bdi>"

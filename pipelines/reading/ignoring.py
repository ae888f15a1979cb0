"""Which files nobody wants answers from, and why: hidden ones, those of systems and tools, and what a person has
written into a file named .folioscopeignore, in the language of .gitignore (https://git-scm.com/docs/gitignore)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IGNORE_FILE = ".folioscopeignore"

_TOOL_FOLDERS = frozenset({"node_modules", "__pycache__", "venv", "site-packages", "$RECYCLE.BIN", "lost+found"})
_SYSTEM_FILES = frozenset({"Thumbs.db", "desktop.ini", "Icon\r"})
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".temp")

Rules = tuple[Any, ...]
"""Lines of the ignore files of a folder and of those above it; the last that fits decides."""


class Ignoring:
    """Judges files and folders below one that a person named. `counts` are those that were passed over, by reason."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def rules(self, folder: Path, above: Rules = ()) -> Rules:
        """Those that hold in a folder."""
        from gitignore_parser import rule_from_pattern  # type: ignore[import-untyped]

        file = folder / IGNORE_FILE
        try:
            lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        except OSError:  # mostly: there is none
            return above
        found = (rule_from_pattern(line, str(folder), (str(file), n)) for n, line in enumerate(lines, start=1))
        return above + tuple(rule for rule in found if rule)

    def why(self, path: Path, is_folder: bool, rules: Rules = ()) -> str:
        """The reason to pass over an entry of a folder; '' for none."""
        name = path.name
        if name.startswith("."):
            return "hidden"
        if name.startswith("~$") or name in _SYSTEM_FILES:
            return "system files"
        if is_folder and name in _TOOL_FOLDERS:
            return "folders of tools"
        if not is_folder and name.lower().endswith(_UNFINISHED):
            return "unfinished downloads"
        rule = next((rule for rule in reversed(rules) if rule.match(str(path))), None)
        if rule is None or rule.negation:
            return ""
        file, line = rule.source
        return f"{Path(file).name} line {line}: {rule.pattern}"

    def why_below(self, root: Path, path: Path) -> str:
        """The same for a file at any depth below a folder that was named."""
        rules, at = self.rules(root), root
        for part in path.relative_to(root).parts:
            at = at / part
            last = at == path
            reason = self.why(at, not last, rules)
            if reason:
                return reason
            if not last:
                rules = self.rules(at, rules)
        return ""


def summary(counts: Mapping[str, int]) -> str:
    """'12 hidden, 3 .folioscopeignore line 2: *.log', the most frequent first."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{count} {reason}" for reason, count in ordered)


def is_gone(path: str) -> bool:
    """Whether there surely is no file any more. A folder that cannot be read, or a drive that does not answer, proves
    nothing."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False

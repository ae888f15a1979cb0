"""Near-duplicates: whether the members of a group become one result, and nothing else does.

    python -m benchmarks.duplicates DATA

DATA/duplicates/groups.json names files that hold the same: the same text in other formats, a picture that was saved
anew, a recording in other codecs. All are indexed; each member is asked for (a text by its first words, a picture by
itself, a recording by what was heard), and it is counted how many of its group are folded into one result, and how many
of other groups are.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from app.assistant import Assistant
from benchmarks.measure import new_assistant
from pipelines.records import FileFinished, Result


def asked(assistant: Assistant, path: Path) -> list[Result]:
    source = assistant.source(str(path))
    segments = assistant.library.catalogue.segments_of(source.id)
    if source.modality == "image":
        return assistant.search_picture(str(path), 20)
    return assistant.search(" ".join(segments[0].text.split()[:25]), 20)


def main() -> None:
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "duplicates").is_dir():
        sys.exit("usage: python -m benchmarks.duplicates DATA")
    folder = Path(sys.argv[1]) / "duplicates"
    groups = json.loads((folder / "groups.json").read_text(encoding="utf-8"))["groups"]
    group_of = {member: group["group"] for group in groups for member in group["members"]}
    with tempfile.TemporaryDirectory() as temporary:
        assistant = new_assistant(f"{temporary}/library")
        done = [e.record for e in assistant.index([folder / "files"]) if isinstance(e, FileFinished)]
        known = {Path(record.path).name for record in done if record.source_id}
        for group in groups:
            folded = wrong = 0
            members = [member for member in group["members"] if member in known]
            for member in members:
                results = asked(assistant, folder / "files" / member)
                together = next((r for r in results if member in _names(r)), None)
                names = _names(together) if together else set()
                folded += len(names & set(members))
                wrong += sum(group_of.get(name) != group["group"] for name in names)
            possible = len(members) ** 2
            print(f"duplicates {group['group']} ({group['kind']}): {len(members)} files,", end=" ")
            print(f"{folded} of {possible} pairs in one result, {wrong} of others in it")


def _names(result: Result) -> set[str]:
    return {Path(path).name for each in (result, *result.copies) for path in each.source.paths}


if __name__ == "__main__":
    main()

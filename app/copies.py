"""Copies of a library as people ask for them: `backup`, `bundle` and `unbundle`."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.settings import Settings


def back_up(assistant: Assistant, options: Namespace) -> None:
    """A copy that is a library, made while this one is in use."""
    from indexes.backups import back_up
    from pipelines.reading.files import absolute

    target = absolute(options.place)
    files = back_up(assistant.library.folder, assistant.library.catalogue, target)
    size = sum(path.stat().st_size for path in files)
    said = f"{target}: {len(files)} files, {size:,} bytes"
    use = "" if target.is_file() else f"\nTo use it: --library {target}"
    _say(options, {"backup": str(target), "files": len(files), "bytes": size}, said + use)


def bundle(assistant: Assistant, options: Namespace) -> None:
    """One file that another machine can make a library of."""
    from indexes.bundles import bundle
    from pipelines.reading.files import absolute

    file = absolute(options.file)
    manifest = bundle(assistant.library, file)
    said = (
        f"{file}: {_counted(manifest)}, {file.stat().st_size:,} bytes. Uploaded copies are in it, and conversations;"
        " your own files are not: take them along to see them there."
    )
    _say(options, {"bundle": str(file), "bytes": file.stat().st_size, **_brief(manifest)}, said)


def unbundle(settings: Settings, options: Namespace) -> None:
    """A library of a bundle, where there is none yet."""
    from indexes.bundles import unbundle
    from pipelines.reading.files import absolute

    folder = absolute(settings.library)
    manifest = unbundle(absolute(options.file), folder)
    said = f"{folder}: {_counted(manifest)}."
    if manifest["elsewhere"]:
        said += (
            f" {manifest['elsewhere']} files are not on this machine as they were read: they are found and quoted, but"
            " not shown or played. If you have them, index their folder here: what is the same is not read again."
        )
    _say(options, {"library": str(folder), "elsewhere": manifest["elsewhere"], **_brief(manifest)}, said)


def _counted(manifest: dict[str, Any]) -> str:
    counts = manifest["counts"]
    return f"{counts['sources']} sources, {counts['segments']} segments, {counts['conversations']} conversations"


def _brief(manifest: dict[str, Any]) -> dict[str, Any]:
    return {name: manifest[name] for name in ("format", "made", "counts", "spaces")}


def _say(options: Namespace, document: dict[str, Any], said: str) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2) if options.json else said)

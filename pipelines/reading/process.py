"""The process in which one file after the other is taken apart: whatever a file does to its reader, it costs itself.

Run as `python -m pipelines.reading.process BYTES`, with the most memory that it may take. Takes lines of JSON
({"path", "kind", "after"}) on stdin and answers with frames on stdout: a head (lengths of the two parts), JSON, and the
pixels of a picture. They are the pieces behind the first `after`; where that is -1, one that says how many pages a
PDF has and which part of them are scans. Nothing that a file holds is ever unpickled by whoever reads the frames.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.records import Piece

HEAD = struct.Struct(">II")


def main() -> None:
    limit_memory(int(sys.argv[1]))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    for line in sys.stdin:
        asked = json.loads(line)
        _serve(Path(asked["path"]), asked["kind"], asked["after"], out)


def _end_with(parent: int) -> None:
    """Nobody would read on after the parent was killed, and a file may keep its reader busy for ever."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def limit_memory(most: int) -> None:
    """Let what goes beyond `most` bytes of data fail with a MemoryError, where the system can do that."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    except (ImportError, ValueError, OSError):
        pass


def _serve(path: Path, kind: str, after: int, out: BinaryIO) -> None:
    from pipelines.extractors import extract
    from pipelines.extractors.pdf import survey
    from pipelines.reading.kinds import KINDS

    try:
        if after < 0:
            pages, scanned = survey(path)
            _send(out, {"end": True, "pages": pages, "scanned": scanned})
            return
        for piece in extract(path, KINDS[kind], after=after):
            _send(out, *packed(piece))
        _send(out, {"end": True})
    except ExtractionError as error:
        _send(out, {"error": str(error), "stage": error.stage, "type": type(error).__name__})


def _send(out: BinaryIO, values: dict[str, Any], pixels: bytes = b"") -> None:
    text = json.dumps(values).encode()
    out.write(HEAD.pack(len(text), len(pixels)) + text)
    out.write(pixels)
    out.flush()


def packed(piece: Piece) -> tuple[dict[str, Any], bytes]:
    """A piece as JSON values and the pixels of its picture, rows of RGB."""
    values: dict[str, Any] = {
        "kind": piece.kind,
        "text": piece.text,
        "place": piece.place.as_dict(),
        "heading": piece.heading,
        "member": piece.member,
        "marks": piece.marks,
    }
    if piece.picture is None:
        return values, b""
    picture = piece.picture if piece.picture.mode == "RGB" else piece.picture.convert("RGB")
    return {**values, "size": picture.size}, picture.tobytes()


def unpacked(values: dict[str, Any], pixels: bytes) -> Piece:
    """The piece that was packed. Raises KeyError, TypeError or ValueError for what never was one."""
    picture = None
    if "size" in values:
        from PIL import Image

        picture = Image.frombytes("RGB", tuple(values["size"]), pixels)
    return Piece(
        kind=values["kind"],
        text=values["text"],
        place=Place.from_dict(values["place"]),
        heading=values["heading"],
        picture=picture,
        member=values["member"],
        marks=tuple((text, tuple(box)) for text, box in values["marks"]),
    )


if __name__ == "__main__":
    main()

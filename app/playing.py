"""Routes for what is heard and seen: files with ranges, versions that browsers can play, frames, waveforms, subtitles.

All of it is found by a source's id, never by a path.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, Response

from app.exporting import MEDIA_TYPES, export_text
from app.preparing import Previews
from app.schemas import export_json
from indexes.errors import UsageError
from indexes.records import Source
from pipelines.errors import ExtractionError

if TYPE_CHECKING:
    from app.assistant import Assistant

# What a browser shows by itself without running anything; all else is offered as a download.
_SHOWN = ("application/pdf", "image/png", "image/jpeg", "image/webp", "image/gif", "text/plain", "audio/", "video/")

_SAFE = {"X-Content-Type-Options": "nosniff"}
_INERT = {**_SAFE, "Content-Security-Policy": "sandbox"}
_KEPT = {"Cache-Control": "private, max-age=86400"}  # by the browser: a source's content never changes
_DRAWN_AT_ONCE = 2  # frames; each opens a video and decodes from the key frame before it


def media_routes(assistant: Assistant) -> APIRouter:
    """The routes of /api that give media."""
    router = APIRouter()
    catalogue = assistant.library.catalogue
    previews = Previews(assistant.library)
    drawing = threading.Semaphore(_DRAWN_AT_ONCE)

    def found(source_id: str) -> tuple[Source, Path]:
        source = catalogue.sources([source_id]).get(source_id)
        path = next((Path(p) for p in source.paths if Path(p).is_file()), None) if source else None
        if source is None or path is None:
            raise ExtractionError("This file is not in the library, or not on disk any more.", "media")
        return source, path

    @router.api_route("/media/{source_id}", methods=["GET", "HEAD"])
    def media(source_id: str) -> Response:
        source, path = found(source_id)
        shown = source.media_type.startswith(_SHOWN)
        return FileResponse(
            path,
            media_type=source.media_type if shown else "application/octet-stream",
            filename=path.name,
            content_disposition_type="inline" if shown else "attachment",
            headers=_SAFE if shown else _INERT,
        )

    @router.get("/play/{source_id}")
    def play(source_id: str, convert: bool = False) -> Response:
        """The recording as a browser can play it; 202 with how much is done while that is being made."""
        source, path = found(source_id)
        ready = previews.playable(source, path, convert)
        if isinstance(ready, float):
            return JSONResponse({"ready": False, "done": ready}, 202)
        return FileResponse(ready.path, media_type=ready.media_type, headers=_SAFE)

    @router.get("/waveform/{source_id}")
    def waveform(source_id: str) -> Response:
        """`peaks` in 0..1 over the `duration` in seconds; 202 with how much is done while they are being found."""
        source, path = found(source_id)
        ready = previews.waveform(source, path)
        if isinstance(ready, float):
            return JSONResponse({"ready": False, "done": ready}, 202)
        return FileResponse(ready.path, media_type=ready.media_type, headers=_KEPT)

    @router.get("/frame/{source_id}")
    def frame(source_id: str, at: float = 0.0, width: int = 640) -> Response:
        """What is to be seen at second `at`, as JPEG of at most `width` pixels."""
        from pipelines.reading.previews import frame_picture

        if not (0 <= at < 1e7 and 16 <= width <= 1920):
            raise UsageError("`at` is a second of the recording, `width` lies between 16 and 1,920 pixels.")
        source, _ = found(source_id)
        if source.modality != "video":
            raise ExtractionError(f"{Path(source.path).name} has nothing to be seen.", "preview")
        with drawing:
            return Response(frame_picture(source, at, width), media_type="image/jpeg", headers=_KEPT)

    @router.get("/preview/{segment_id}")
    def preview(segment_id: int, quote: str = "") -> Response:
        from pipelines.reading.previews import preview as draw

        segment = catalogue.segments([segment_id]).get(segment_id)
        if segment is None:
            raise ExtractionError("This passage is not in the library any more.", "preview")
        picture = draw(segment, catalogue.sources([segment.source_id])[segment.source_id], quote)
        kind: Literal["image/png", "image/jpeg"] = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        return Response(picture, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})

    @router.get("/export/{source_id}")
    def export(source_id: str, format: Literal["srt", "vtt", "txt", "json"] = "txt") -> Response:
        """What was read in a source, as a download."""
        source = catalogue.sources([source_id]).get(source_id)
        if source is None:
            raise UsageError(f"No source has the id {source_id}.")
        segments = catalogue.segments_of(source_id)
        name = quote(f"{Path(source.path).stem}.{format}")
        headers = {"Content-Disposition": f"attachment; filename*=utf-8''{name}", **_INERT}
        if format == "json":
            speakers, unread = assistant.library.speakers(source_id), catalogue.partial(source_id)[1]
            return JSONResponse(export_json(source, segments, speakers, unread), headers=headers)
        return Response(export_text(source, segments, format), media_type=MEDIA_TYPES[format], headers=headers)

    return router

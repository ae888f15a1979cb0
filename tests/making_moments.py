"""Libraries of recordings without any media: what was said and seen is stored as if it had been read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from indexes.library import Library
from indexes.records import Cue, FileRecord, Modality, Place, Segment, Source
from pipelines.models.shelf import ModelShelf
from pipelines.reading.looking import to_embed

WORD = 0.4  # seconds


def said(start: float, *sentences: str, speaker: str = "") -> Segment:
    """Speech from second `start` on, a cue a sentence, 0.4 s a word."""
    cues = []
    for sentence in sentences:
        end = start + WORD * len(sentence.split())
        cues.append(Cue(round(start, 3), round(end, 3), sentence, speaker))
        start = end
    place = Place(start=cues[0].start, end=cues[-1].end)
    text = " ".join(sentences)
    return Segment("", round(1000 * cues[0].start), "video", text, place, kind="speech", cues=tuple(cues))


def shown(start: float, end: float, *lines: str, tags: str = "") -> Segment:
    """What is to be seen: with the lines that can be read in it, or what it surely shows."""
    marks = tuple((line, (0.1, 0.1, 0.9, 0.2)) for line in lines)
    text = "\n".join([*lines, *([f"Shows: {tags}."] if tags else [])]) or "A picture."
    place = Place(start=start, end=end)
    return Segment("", round(1000 * start), "video", text, place, member=f"{start:.3f}", marks=marks, kind="frame")


class LibraryOf:
    """A library with the vectors of the real models."""

    def __init__(self, library: Library, shelf: ModelShelf) -> None:
        self.library = library
        self.shelf = shelf
        library.open_space("text", shelf.text.name, shelf.text.dimension)
        library.open_space("image", shelf.image.name, shelf.image.dimension)

    def recording(
        self,
        name: str,
        duration: float,
        segments: Sequence[Segment],
        pictures: Mapping[int, np.ndarray] | None = None,
        modality: Modality = "video",
    ) -> None:
        """`pictures`: vectors in the image space by position in `segments`."""
        source = Source(f"id of {name}", modality, "video/mp4", 1, duration=duration)
        self._add(name, source, [replace(segment, modality=modality) for segment in segments], pictures or {})

    def document(self, name: str, *texts: str) -> None:
        source = Source(f"id of {name}", "document", "text/plain", 1)
        segments = [Segment("", i, "document", text, Place(page=i + 1)) for i, text in enumerate(texts)]
        self._add(name, source, segments, {})

    def picture_of(self, *weighted: tuple[float, str]) -> np.ndarray:
        """A unit vector of the image space that lies near to these questions."""
        vector = sum(weight * self.shelf.image.embed_question(text) for weight, text in weighted)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    def _add(self, name: str, source: Source, segments: Sequence[Segment], pictures: Mapping[int, np.ndarray]) -> None:
        texts = {i: text for i, segment in enumerate(segments) if (text := to_embed(segment))}
        rows = self.shelf.text.embed_passages(list(texts.values())) if texts else ()
        file = FileRecord(f"/files/{name}", "indexed", source.modality, source.id, segments=len(segments))
        vectors = {"text": dict(zip(texts, rows, strict=True)), "image": dict(pictures)}
        self.library.extend(source, file, segments, vectors, {})

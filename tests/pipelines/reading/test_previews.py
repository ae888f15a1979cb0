"""A cited passage as a picture: the right page, the right lines marked."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from indexes.library import Library
from indexes.records import Place, Segment, Source
from pipelines.errors import ExtractionError
from pipelines.extractors import extract
from pipelines.ingest import Ingest
from pipelines.reading.kinds import kind_of
from pipelines.reading.previews import has_preview, marked_page, picture_of, preview
from tests.conftest import SAMPLES
from tests.making_files import PdfPage, a_picture, make_pdf


@pytest.fixture(scope="module")
def library(tmp_path_factory, shelf):
    made = Library(tmp_path_factory.mktemp("library"))
    names = ("keepers-log-1911-11.pdf", "Condition survey 2024.pdf", "tower-monitor-screenshot.png",
             "Members evening 2024-11-16.pptx", "lens workshop notes.md")  # fmt: skip
    list(Ingest(made, shelf, 10**8).index([SAMPLES / name for name in names]))
    yield made
    made.close()


def find(library: Library, words: str) -> tuple[Segment, Source]:
    hit = library.search_keywords(words, 1)[0]
    segment = library.catalogue.segments([hit.segment_id])[hit.segment_id]
    return segment, library.catalogue.sources([segment.source_id])[segment.source_id]


def marked_rows(segment: Segment, source: Source, quote: str) -> tuple[float, float]:
    """Where the mark begins and ends, as fractions of the height: where the picture differs from the same unmarked."""
    bare = replace(segment, text="", marks=(), place=replace(segment.place, box=None))
    one, other = (
        np.asarray(Image.open(io.BytesIO(preview(shown, source, words))).convert("RGB"), int)
        for shown, words in ((segment, quote), (bare, ""))
    )
    rows = np.flatnonzero((np.abs(one - other).max(axis=2) > 60).mean(axis=1) > 0.02)
    return rows[0] / len(one), rows[-1] / len(one)


def test_a_sentence_of_a_pdf_is_marked_on_its_page(library) -> None:
    segment, source = find(library, "watch room floor beam rusted thickness wall")
    first, last = marked_rows(segment, source, "5 | Watch room | 1.20 | 17.7 | 12.9 | end of floor beam rusted")
    assert 0.3 < first < last < 0.45 and last - first < 0.03


def test_a_line_of_a_scan_is_marked_where_it_was_read(library) -> None:
    segment, source = find(library, "pane lantern broken gull")
    quote = next(line for line in segment.text.split("\n") if "gull" in line)
    box = next(box for text, box in segment.marks if "gull" in text)
    first, last = marked_rows(segment, source, quote)
    assert box[1] - 0.02 < first < last < box[3] + 0.02


def test_text_in_a_picture_is_marked(library) -> None:
    segment, source = find(library, "humidity bedroom tower monitor alarm")
    assert segment.modality == "image" and segment.marks
    text, box = segment.marks[0]
    first, last = marked_rows(segment, source, text)
    assert first < box[3] and last > box[1]


def test_pictures_inside_slides_are_shown_again(library) -> None:
    found = [s for source in library.catalogue.sources() for s in library.catalogue.segments_of(source)]
    inside = next(s for s in found if s.modality == "image" and s.place.slide)
    picture = Image.open(io.BytesIO(preview(inside, library.catalogue.sources([inside.source_id])[inside.source_id])))
    assert min(picture.size) > 100


def test_what_cannot_be_shown_says_why(library, tmp_path) -> None:
    segment, source = find(library, "acetone putty prisms")
    assert not has_preview(segment, source)
    with pytest.raises(ExtractionError, match="text is shown instead"):
        preview(segment, source)
    gone = Source("x", "image", "image/png", 1, paths=(str(tmp_path / "gone.png"),))
    with pytest.raises(ExtractionError, match="not there any more"):
        preview(Segment("x", 0, "image", "A picture."), gone)


WORDS = "The gallery has twelve windows."


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_of_a_turned_page_are_marked_where_they_are_seen(tmp_path, turn) -> None:
    page = PdfPage(turn=turn).line(60, 100, WORDS, 20).line(60, 400, "The stair has ninety steps.", 20)
    path = make_pdf(tmp_path / "turned.pdf", [page])
    (piece,) = [piece for piece in extract(path, kind_of(path)) if WORDS in piece.text]
    segment = Segment("s", 0, "document", piece.text, Place(page=1))
    picture = np.asarray(marked_page(path, segment, WORDS), int)
    rows, columns = np.nonzero(picture[:, :, 0] - picture[:, :, 2] > 60)  # the marker is yellow, the rest is grey
    height, width = picture.shape[:2]
    seen = (columns.min() / width, rows.min() / height, columns.max() / width, rows.max() / height)
    # Where the line stands on the upright page, turned clockwise with it.
    left, top, right, bottom = 0.1, 0.105, 0.55, 0.13
    for _ in range(turn // 90):
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    assert np.allclose(seen, (left, top, right, bottom), atol=0.05)


def test_a_very_long_page_is_no_huge_picture(tmp_path) -> None:
    data = make_pdf(tmp_path / "a.pdf", [PdfPage().line(1, 700, "receipt")]).read_bytes()
    path = tmp_path / "receipt.pdf"
    path.write_bytes(data.replace(b"[0 0 600 800]", b"[0 0 20 3000]"))
    assert max(marked_page(path, Segment("s", 0, "document", "receipt", Place(page=1))).size) <= 4096


def test_a_figure_is_cut_from_its_page_alone(tmp_path) -> None:
    plain = PdfPage().picture(a_picture(hue=90), 60, 100, 300, 200)
    turned = PdfPage(turn=90).picture(a_picture(), 100, 300, 320, 240).line(60, 80, WORDS).line(60, 120, WORDS)
    path = make_pdf(tmp_path / "figures.pdf", [plain, turned])
    source = Source("s", "document", "application/pdf", 1, paths=(str(path),))
    figures = [piece for piece in extract(path, kind_of(path)) if piece.picture and piece.place.page == 2]
    (piece,) = figures
    assert piece.place.box
    again = picture_of(Segment("s", 0, "image", "", piece.place, kind="picture"), source, path)
    assert again is not None
    assert np.abs(np.asarray(again.resize((64, 64)), int) - np.asarray(piece.picture.resize((64, 64)), int)).mean() < 4


def test_a_file_that_was_damaged_since_says_so(tmp_path) -> None:
    path = make_pdf(tmp_path / "a.pdf", [PdfPage().line(60, 80, WORDS)])
    source = Source("s", "document", "application/pdf", 1, paths=(str(path),))
    with pytest.raises(ExtractionError, match="page 2 cannot be opened"):
        preview(Segment("s", 0, "document", WORDS, Place(page=2)), source)
    path.write_bytes(b"%PDF-1.5 and no more")
    with pytest.raises(ExtractionError, match=r"a\.pdf is damaged"):
        preview(Segment("s", 0, "document", WORDS, Place(page=1)), source)

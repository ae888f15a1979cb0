"""What could not be read inside a file is told: in the ledger, in its copies' lines, and with answers that cite it."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from indexes.library import Library
from indexes.records import FileRecord, Place
from pipelines.answering import Answering
from pipelines.errors import ExtractionError
from pipelines.ingest import Ingest
from pipelines.reading import document
from pipelines.reading.processes import ReadingProcess
from pipelines.reading.unread import unread
from pipelines.records import FileAdvanced, FileFinished, Piece, Question
from tests.making_files import PdfPage, make_pdf
from tests.pipelines.reading.test_portions import Ocr, Shelf, index, line, printed, scanned, stored


def told(why: str, heading: str = "", **place: int) -> Piece:
    return Piece("unread", why, Place(**place), heading)  # type: ignore[arg-type]


def damaged_pages(path: Path, *numbers: int) -> Path:
    """The same file with these pages made into something else."""
    data = path.read_bytes()
    starts = [at for at in range(len(data)) if data.startswith(b"/Type /Page /", at)]
    for number in numbers:
        at = starts[number - 1]
        data = (
            data[:at]
            + b"/Type /Junk /"
            + data[at + 13 :].replace(b"/MediaBox [0 0 600 800]", b"/MediaBox 7" + b" " * 12, 1)
        )
    path.write_bytes(data)
    return path


def lines(folder: Path, *paths: Path) -> list[FileRecord]:
    """What became of files in one run."""
    events = list(index(folder, Shelf(folder.parent / "read"), *paths))
    return [event.record for event in events if isinstance(event, FileFinished)]


def test_it_is_said_by_reason_and_by_name() -> None:
    pages = [told("damaged", page=page) for page in (9, 3, 7, 8)]
    assert unread([]) == ""
    assert unread(pages[:1]) == "Not read: page 9 (damaged)."
    assert unread(pages) == "Not read: pages 3, 7–9 (damaged)."
    others = [told("damaged", "plan.docx", page=3), told("too large", slide=2)]
    assert unread([*pages, *others]) == "Not read: pages 3, 7–9, plan.docx (damaged); slide 2 (too large)."


def test_what_is_said_stays_short() -> None:
    pages = [told("damaged", page=page) for page in range(1, 2000, 2)]
    assert unread(pages) == "Not read: pages 1, 3, 5, 7, 9, 995 more (damaged)."
    assert len(unread([told(f"reason {n}", f"{n} {'name ' * 100}") for n in range(2000)])) < 600


@pytest.mark.slow
def test_damaged_pages_make_a_document_partial_and_are_named(tmp_path: Path) -> None:
    path, folder = damaged_pages(printed(tmp_path / "log.pdf", 60), 2, 3, 50), tmp_path / "library"
    assert lines(folder, path)[-1].status == "partial"
    record = line(folder, path)
    assert (record.status, record.reason, record.segments) == ("partial", "Not read: pages 2–3, 50 (damaged).", 57)
    # It is not read again while it is as it was; its copies, and itself when touched, are no more whole than it is.
    os.utime(path, (1, 1))
    copy = tmp_path / "copy.pdf"
    copy.write_bytes(path.read_bytes())
    again = {Path(record.path).name: record for record in lines(folder, path, copy)}
    assert again["log.pdf"].status == "unchanged"
    for each in (path, copy):
        assert (line(folder, each).status, line(folder, each).reason) == ("partial", record.reason)
    assert len(stored(folder)) == 57
    assert {record.status for record in lines(folder, path, copy)} == {"unchanged"}


@pytest.mark.slow
def test_what_was_stopped_tells_of_all_that_is_unread(tmp_path: Path) -> None:
    path, folder = damaged_pages(printed(tmp_path / "log.pdf", 100), 2, 90), tmp_path / "library"
    for event in index(folder, Shelf(tmp_path / "read"), path):
        if isinstance(event, FileAdvanced) and event.note:
            break
    assert line(folder, path).status == "draft"
    lines(folder, path)
    assert line(folder, path).reason == "Not read: pages 2, 90 (damaged)." and len(stored(folder)) == 98


@pytest.mark.slow
def test_a_document_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    path = damaged_pages(make_pdf(tmp_path / "log.pdf", [PdfPage(), PdfPage().line(60, 100, "Words")]), 2)
    record = lines(tmp_path / "library", path)[-1]
    assert record.status == "failed" and "Not read: page 2 (damaged)." in record.reason


@pytest.mark.slow
def test_a_document_that_takes_too_long_ends_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter(range(0, 3600 * 1000, 3600))
    monkeypatch.setattr(document, "time", SimpleNamespace(monotonic=lambda: next(hours)))
    folder, path = tmp_path / "library", printed(tmp_path / "log.pdf", 60)
    lines(folder, path)
    record = line(folder, path)
    assert (record.status, record.segments) == ("partial", 2)
    assert record.reason == "Not read: all behind page 2 (reading took more than 4 hours)."


@pytest.mark.slow
def test_where_reading_breaks_off_what_was_unread_before_is_told_too(tmp_path: Path, monkeypatch) -> None:
    def breaking(self, *arguments):
        for number, piece in enumerate(real(self, *arguments)):
            if number == 80:
                raise ExtractionError("It gave nothing for 120 seconds.")
            yield piece

    real = ReadingProcess.pieces
    monkeypatch.setattr(ReadingProcess, "pieces", breaking)
    path, folder = damaged_pages(printed(tmp_path / "log.pdf", 100), 2), tmp_path / "library"
    assert lines(folder, path)[-1].status == "partial"
    reason = "It gave nothing for 120 seconds. Not read: page 2 (damaged). Pages 1–25 of 100 can be asked."
    assert line(folder, path).reason == reason


@pytest.mark.slow
def test_a_picture_on_which_a_model_fails_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self, picture):
        if round(picture.getpixel((30, 40))[0] / 5) == 3:
            raise RuntimeError("an odd shape")
        return real(self, picture)

    real = Ocr.read
    monkeypatch.setattr(Ocr, "read", failing)
    folder, path = tmp_path / "library", scanned(tmp_path / "scan.pdf", 5)
    lines(folder, path)
    record = line(folder, path)
    assert (record.status, record.segments) == ("partial", 4)
    assert record.reason == "Not read: page 3 (its picture could not be looked at: RuntimeError)."


@pytest.mark.slow
def test_what_has_no_vectors_is_told_behind_what_is_unread(tmp_path: Path) -> None:
    folder, path = tmp_path / "library", damaged_pages(printed(tmp_path / "log.pdf", 60, "nonsense"), 2)
    lines(folder, path)
    reason = line(folder, path).reason
    assert reason.startswith("Not read: page 2 (damaged). ") and reason.count("found by its words only") == 1


def test_an_answer_says_what_could_not_be_read_in_the_file_that_it_cites(tmp_path: Path, shelf) -> None:
    pages = [PdfPage().line(60, 100, "The first keeper of the light was Thomas Vane."), PdfPage().line(60, 100, "No.")]
    path = damaged_pages(make_pdf(tmp_path / "log.pdf", pages), 2)
    (tmp_path / "oil.txt").write_text("The lamp of the light burned 412 litres of oil a year.")
    library = Library(tmp_path / "library")
    list(Ingest(library, shelf, 10**7).index([path, tmp_path / "oil.txt"]))
    answering = Answering(library, shelf, ability="quotes")
    answer = answering.invoke(Question("Who was the first keeper of the light?"))
    assert answer.unread == ("log.pdf was read in part. Not read: page 2 (damaged).",)
    assert answering.invoke(Question("How much oil did the lamp burn a year?", source="oil.txt")).unread == ()
    library.close()

"""A file costs itself: its reader may crash, hang or run out of memory, and the next file is read all the same."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from indexes.library import Library
from pipelines.errors import ExtractionError, OutOfMemory, Unsupported
from pipelines.ingest import Ingest
from pipelines.reading.kinds import KINDS
from pipelines.reading.process import packed, unpacked
from pipelines.reading.processes import ReadingProcess
from pipelines.records import Piece
from tests.making_files import a_picture

pytestmark = pytest.mark.slow

TEXT = KINDS["text"]


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text("The lamp is lit at dusk.")
    return path


def large(path: Path, width: int, height: int) -> Path:
    a_picture(40, 30).resize((width, height), Image.Resampling.NEAREST).save(path)
    return path


def texts(process: ReadingProcess, path: Path) -> list[str]:
    return [piece.text for piece in process.pieces(path, TEXT)]


def test_pieces_come_through_as_they_were(tmp_path: Path) -> None:
    piece = Piece("picture", "a caption", heading="H › h", picture=a_picture(), member="m/1.png")
    values, pixels = packed(piece)
    back = unpacked(values, pixels)
    assert (back.text, back.heading, back.member, back.place) == (piece.text, piece.heading, piece.member, piece.place)
    assert back.picture is not None and back.picture.tobytes() == piece.picture.tobytes()  # type: ignore[union-attr]


def test_a_reader_that_is_killed_costs_one_file(note: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.txt"
    many.write_text("\n\n".join(f"Paragraph {i} about tides." for i in range(20_000)))
    process = ReadingProcess(500_000_000)
    pieces = process.pieces(many, TEXT)
    next(pieces)
    os.kill(process._process.pid, signal.SIGKILL)  # type: ignore[union-attr]
    with pytest.raises(OutOfMemory, match=r"many\.txt crashed"):
        list(pieces)
    assert texts(process, note) == ["The lamp is lit at dusk."]
    process.close()


def test_a_reader_that_hangs_is_ended(note: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = ReadingProcess(500_000_000, patience=1)
    with pytest.raises(ExtractionError, match="gave nothing for 1 seconds"):
        list(process.pieces(pipe, TEXT))
    assert texts(ReadingProcess(500_000_000), note)
    process.close()


def test_what_needs_too_much_memory_is_told_and_the_reader_goes_on(note: Path, tmp_path: Path) -> None:
    process = ReadingProcess(250_000_000)
    with pytest.raises(OutOfMemory, match="memory"):
        list(process.pieces(large(tmp_path / "large.png", 10_000, 10_000), KINDS["png"]))
    assert texts(process, note)
    process.close()


def test_errors_keep_their_kind(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4\nnothing")
    process = ReadingProcess(500_000_000)
    with pytest.raises(ExtractionError, match=r"broken\.pdf") as failed:
        list(process.pieces(broken, KINDS["pdf"]))
    assert failed.value.stage == "open" and not isinstance(failed.value, Unsupported | OutOfMemory)
    process.close()


def test_a_picture_too_large_for_a_share_of_the_memory_is_read_alone(shelf, note: Path, tmp_path: Path) -> None:
    library = Library(tmp_path / "library")
    large(tmp_path / "large.png", 12_000, 9_000)
    list(Ingest(library, shelf, 10**9, memory=1_700_000_000).index([note, tmp_path / "large.png"]))
    assert [file.status for file in library.catalogue.files()] == ["indexed", "indexed"]
    library.close()


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.05, 0.3, 1.0])
def test_who_reads_goes_on_when_another_thread_ends_it(tmp_path: Path, moment: float) -> None:
    """A pipe that is closed under who waits at it never wakes him: stopping took as long as a file may give nothing."""
    many = tmp_path / "many.txt"
    many.write_text("\n\n".join(f"Paragraph {i} about tides." for i in range(20_000)))
    process = ReadingProcess(500_000_000)
    failed: list[Exception] = []

    def read() -> None:
        try:
            while True:
                texts(process, many)
        except ExtractionError as error:
            failed.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    time.sleep(moment)
    process.end()
    reader.join(60)  # half of its patience
    assert not reader.is_alive() and len(failed) == 1
    assert process._process is None
    with pytest.raises(ExtractionError, match="stopped"):
        texts(process, many)

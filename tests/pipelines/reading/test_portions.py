"""Documents come in by portions: askable early, gone on with where they were left, replaced when they are whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexes.agreement import breaches
from indexes.catalogue import BY_WORDS
from indexes.library import Library
from indexes.records import FileRecord, Place
from pipelines.ingest import Ingest
from pipelines.models.ocr import Line
from pipelines.reading.portions import portions
from pipelines.records import FileAdvanced, FileFinished, IngestEvent, Piece
from tests.conftest import ROOT
from tests.making_files import PdfPage, make_pdf

PAGES = 30
BIRDS = "gannet fulmar puffin curlew dunlin plover osprey heron bittern stork".split()


class Texts:
    """A text model that tells texts apart by chance, and notes in a file which it was given."""

    name, dimension, floor, multilingual = "test", 8, None, True

    def __init__(self, log: Path, killed_at: int = 0) -> None:
        self.log = log
        self.calls, self.killed_at = 0, killed_at

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        if self.calls == self.killed_at:
            time.sleep(0.5)  # so that what was made before is stored
            os.kill(os.getpid(), signal.SIGKILL)
        if any("nonsense" in text for text in texts):
            raise ValueError("no such word")
        with self.log.open("a") as log:
            log.writelines(f"{text}\n" for text in texts)
        return np.array([self.embed_question(text) for text in texts], np.float32)

    def embed_question(self, text: str) -> np.ndarray:
        vector = np.random.default_rng(zlib.crc32(text.encode())).normal(size=self.dimension)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


class Ocr:
    """Reads the number of a scan from its brightness, and notes in a file that it did."""

    def __init__(self, log: Path, killed_at: int = 0) -> None:
        self.log = log
        self.killed_at = killed_at

    def read(self, picture: Image.Image) -> list[Line]:
        number = round(picture.getpixel((picture.width // 2, picture.height // 2))[0] / 5)
        if number == self.killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        with self.log.open("a") as log:
            log.write(f"{number}\n")
        return [Line(f"On page {number} a {BIRDS[number % 10]} with ring {1000 + number} was seen.", (0, 0, 1, 1), 1.0)]


class Shelf:
    """Models that answer at once."""

    def __init__(self, log: Path, killed_at: int = 0, killed_in: int = 0) -> None:
        """Killed at a page, or in a batch of texts."""
        self.text = Texts(log.with_suffix(".texts"), killed_in)
        self.ocr = Ocr(log, killed_at)

    def name(self, role: str) -> str:
        return "test"


def index(folder: Path, shelf: Shelf, *paths: Path, stopping: threading.Event | None = None) -> Iterator[IngestEvent]:
    library = Library(folder)
    try:
        yield from Ingest(library, shelf, 10**9, stopping=stopping).index(list(paths))  # type: ignore[arg-type]
    finally:
        library.close()


def scanned(path: Path, pages: int = PAGES) -> Path:
    """Scans, each as bright as its number says."""
    made = []
    for number in range(1, pages + 1):
        picture = Image.new("RGB", (60, 80), (5 * number,) * 3)
        made.append(PdfPage().picture(picture, 0, 0, 600, 800))
    return make_pdf(path, made)


def printed(path: Path, pages: int, bird: str = "gannet") -> Path:
    """Pages of text under one running head."""
    return make_pdf(
        path,
        [
            PdfPage()
            .line(60, 40, "Log of the lighthouse keepers")
            .prose(60, 120, [f"On day {n} the keeper saw a {bird} that wore ring {1000 + n}.", "He wrote it down."])
            for n in range(1, pages + 1)
        ],
    )


def stored(folder: Path) -> list[tuple[int, int | None, str, str]]:
    """Position, page, heading and text of all segments, with all rules kept."""
    library = Library(folder)
    try:
        assert [str(breach) for breach in breaches(library.catalogue.connection)] == []
        return [
            (s.position, s.place.page, s.heading, s.text)
            for source in library.catalogue.sources()
            for s in library.catalogue.segments_of(source)
        ]
    finally:
        library.close()


def line(folder: Path, path: Path) -> FileRecord:
    library = Library(folder)
    try:
        found = library.catalogue.file(str(path))
        assert found is not None
        return found
    finally:
        library.close()


def killed(shelf: str, *paths: Path) -> None:
    """Index a file or folder in a process that is killed by its models: they are made of `log`, the last path."""
    script = f"""
        import sys
        from pathlib import Path
        from tests.pipelines.reading.test_portions import Shelf, index
        path, folder, log = map(Path, sys.argv[1:])
        list(index(folder, {shelf}, path))
    """
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, paths)]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def pieces(places: Sequence[Place], text: str) -> list[tuple[list[Piece], list[Piece]]]:
    made = [[Piece("text", text, place)] for place in places]
    return [(one, one) for one in made]


def test_portions_end_with_pages_and_do_not_depend_on_where_one_begins() -> None:
    given = pieces([Place(page=1 + i // 3) for i in range(3 * 100)], "Half a page of words. " * 50)
    whole = list(portions(given))
    assert len(whole) > 2 and [last for _, last in whole] == [False] * (len(whole) - 1) + [True]
    assert [piece for portion, _ in whole for piece in portion.read] == [piece for one, _ in given for piece in one]
    for (portion, _), (following, _) in pairwise(whole):
        assert portion.until == 3 * (portion.read[-1].place.page or 0)
        assert next(p.until for p, _ in portions(given[portion.until :], portion.until)) == following.until
    assert len({piece.place.page for piece in whole[-1][0].read}) >= 3
    lines = pieces([Place(lines=(i, i)) for i in range(1000)], "words " * 100)
    assert sum(len(portion.read) for portion, _ in portions(lines)) == 1000 and len(list(portions(lines))) > 4


@pytest.mark.slow
def test_a_long_document_can_be_asked_after_its_first_pages(tmp_path: Path) -> None:
    path, folder = printed(tmp_path / "log.pdf", 100), tmp_path / "library"
    events = index(folder, Shelf(tmp_path / "read"), path)
    first = next(event for event in events if isinstance(event, FileAdvanced) and event.note)
    assert first.note == "Pages 1–24 of 100 can be asked"
    library = Library(folder)
    assert len(library.holding("ring 1010", 5)) == 1 and not library.holding("ring 1090", 5)
    library.close()
    early = line(folder, path)
    assert (early.status, early.reason) == ("draft", "Pages 1–24 of 100 can be asked; the rest is being read.")
    record = [event.record for event in events if isinstance(event, FileFinished)][-1]
    assert (record.status, record.segments, record.reason) == ("indexed", 100, "")
    segments = stored(folder)
    assert [(position, page) for position, page, *_ in segments] == [(n, n + 1) for n in range(100)]
    assert not any("Log of the lighthouse" in text for *_, text in segments)  # also not on the last pages


@pytest.mark.slow
@pytest.mark.parametrize("killed_at", [5, 13, 29])
def test_what_was_killed_goes_on_and_recognises_only_the_last_portion_again(tmp_path: Path, killed_at: int) -> None:
    path, folder, log = scanned(tmp_path / "scan.pdf"), tmp_path / "library", tmp_path / "read"
    list(index(tmp_path / "undisturbed", Shelf(tmp_path / "other"), path))
    killed(f"Shelf(log, {killed_at})", path, folder, log)
    kept = [page for _, page, *_ in stored(folder)]
    assert len(kept) >= killed_at - 1 - 11  # a portion of eight, and three by which its end is known
    list(index(folder, Shelf(log), path))
    assert line(folder, path).status == "indexed"
    assert stored(folder) == stored(tmp_path / "undisturbed")
    recognised = Counter(map(int, log.read_text().split()))
    assert sorted(recognised) == [*range(1, PAGES + 1)]
    assert [page for page in kept if recognised[page or 0] > 1] == []


@pytest.mark.slow
def test_a_version_stays_until_the_next_one_is_whole(tmp_path: Path) -> None:
    path, folder, shelf = printed(tmp_path / "log.pdf", 4), tmp_path / "library", Shelf(tmp_path / "read")
    list(index(folder, shelf, path))
    printed(path, 100, "fulmar")
    events = index(folder, shelf, path)
    next(event for event in events if isinstance(event, FileAdvanced) and event.note)
    library = Library(folder)
    assert library.search_keywords("gannet", 5) and library.search_keywords("fulmar", 5)
    assert {source.paths for source in library.catalogue.sources().values()} == {(str(path),)}
    assert len(library.search_keywords("keeper", 200, library.scope("log.pdf"))) == 4 + 24
    library.close()
    list(events)
    assert not any("gannet" in text for *_, text in stored(folder)) and len(stored(folder)) == 100


@pytest.mark.slow
@pytest.mark.parametrize("before", [True, False])
def test_a_version_that_breaks_off_costs_nothing_that_was_stored(tmp_path: Path, before: bool, monkeypatch) -> None:
    path, folder, shelf = tmp_path / "log.pdf", tmp_path / "library", Shelf(tmp_path / "read")
    if before:
        list(index(folder, shelf, printed(path, 4)))
    printed(path, 100, "fulmar")
    events = index(folder, shelf, path)
    from pipelines.reading import readers

    real = readers.read_document

    def breaking(*arguments):
        for number, portion in enumerate(real(*arguments)):
            if number == 2:
                raise ValueError("page 72 is nonsense")
            yield portion

    monkeypatch.setattr(readers, "read_document", breaking)
    record = [event.record for event in events if isinstance(event, FileFinished)][-1]
    texts = {text for *_, text in stored(folder)}
    if before:
        assert record.status == "failed" and "its earlier version is kept" in record.reason
        assert len(texts) == 4 and all("gannet" in text for text in texts)
    else:
        assert record.status == "partial" and record.reason.endswith(" Pages 1–48 of 100 can be asked.")
        assert len(texts) == record.segments == 48
    assert line(folder, path).status == record.status


def notes(path: Path, count: int) -> Path:
    path.mkdir()
    for number in range(count):
        (path / f"{number:03}.txt").write_text(f"Note {number} tells of a {BIRDS[number % 10]} with ring {number}.")
    return path


@pytest.mark.slow
def test_words_come_first_and_vectors_behind_them(tmp_path: Path) -> None:
    path, folder = notes(tmp_path / "notes", 100), tmp_path / "library"
    (path / "bad.txt").write_text("This is nonsense for the model.")
    finished = [e.record for e in index(folder, Shelf(tmp_path / "read"), path) if isinstance(e, FileFinished)]
    first, second = finished[:101], finished[101:]
    assert {(record.status, record.stage, record.reason) for record in first} == {("draft", "vectors", BY_WORDS)}
    assert {record.path for record in first} == {record.path for record in second}
    bad = [record for record in second if record.status != "indexed"]
    assert [(Path(record.path).name, record.status) for record in bad] == [("bad.txt", "partial")]
    assert "found by its words only" in bad[0].reason and "no such word" in bad[0].reason
    library = Library(folder)
    assert len(library.saved_ids("text")[0]) == 100 and library.holding("nonsense", 5)
    assert library.catalogue.counts() == ({"indexed": 100, "partial": 1}, 0)
    library.close()


@pytest.mark.slow
def test_what_was_killed_among_vectors_can_be_asked_and_makes_none_twice(tmp_path: Path) -> None:
    path, folder, log = notes(tmp_path / "notes", 200), tmp_path / "library", tmp_path / "read"
    killed("Shelf(log, killed_in=3)", path, folder, log)
    library = Library(folder)
    statuses, behind = library.catalogue.counts()
    made = library.catalogue.space("text")["vectors"]  # type: ignore[index]
    assert statuses["draft"] == behind == 200 - made and 64 <= made < 200
    assert all(library.holding(f"ring {number}", 5) for number in range(200))
    assert [str(breach) for breach in breaches(library.catalogue.connection)] == []
    library.close()
    made_before = len(log.with_suffix(".texts").read_text().splitlines())
    assert {event.record.status for event in index(folder, Shelf(log), path) if isinstance(event, FileFinished)} == {
        "unchanged",
        "indexed",
    }
    assert len(log.with_suffix(".texts").read_text().splitlines()) - made_before == 200 - made
    library = Library(folder)
    assert len(library.saved_ids("text")[0]) == 200 and library.catalogue.counts() == ({"indexed": 200}, 0)
    library.close()


@pytest.mark.slow
def test_stopping_waits_for_no_model(tmp_path: Path, monkeypatch) -> None:
    path, folder, shelf = scanned(tmp_path / "scan.pdf"), tmp_path / "library", Shelf(tmp_path / "read")
    stopping, go_on, read = threading.Event(), threading.Event(), Ocr.read

    def held(ocr: Ocr, picture: Image.Image) -> list[Line]:
        lines = read(ocr, picture)
        if "page 17 " in lines[0].text:
            stopping.set()
            assert go_on.wait(60)
        return lines

    monkeypatch.setattr(Ocr, "read", held)
    list(index(folder, shelf, path, stopping=stopping))
    assert stopping.is_set() and not go_on.is_set()  # it ended while the page was being read
    kept = line(folder, path)
    assert kept.status == "draft" and 1 < kept.segments < 17
    go_on.set()
    monkeypatch.setattr(Ocr, "read", read)
    list(index(folder, shelf, path))
    assert line(folder, path).status == "indexed" and len(stored(folder)) == PAGES

"""Text in pictures, read by the real model from pages drawn here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from pipelines.models import ocr
from pipelines.models.ocr import Line, PageReader
from pipelines.reading.looking import paragraphs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader() -> PageReader:
    return PageReader()


def page(*texts: tuple[int, int, str], size: tuple[int, int] = (1000, 700), height: int = 28) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for x, y, text in texts:
        draw.text((x, y), text, fill="black", font=ImageFont.load_default(height))
    return picture


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def test_words_and_place(reader: PageReader) -> None:
    (line,) = reader.read(page((100, 350, "Harbour dues rise in March")))
    assert line.text == "Harbour dues rise in March"
    assert line.score > 0.9
    x0, y0, x1, y1 = line.box
    assert x0 == pytest.approx(0.10, abs=0.02) and y0 == pytest.approx(0.50, abs=0.03)
    assert x0 < x1 < 0.6 and y0 < y1 < 0.6


def test_rows_of_a_table_are_joined_cell_by_cell(reader: PageReader) -> None:
    rows = [("Vessel", "Berth", "Tons"), ("Aurora", "North 4", "1250"), ("Kestrel", "South 2", "980")]
    drawn = [(x, 100 + 60 * i, cell) for i, row in enumerate(rows) for x, cell in zip((80, 400, 700), row, strict=True)]
    assert texts(reader.read(page(*drawn))) == [" | ".join(row) for row in rows]


def test_columns_of_running_text_are_read_one_after_the_other(reader: PageReader) -> None:
    left = ["The old lighthouse was built", "on a rock that only seals", "had ever called their home."]
    right = ["Its keeper wrote every storm", "into a ledger bound in green", "which the museum now shows."]
    title = "A short history of the lighthouse and of its keepers, from 1871"
    drawn = [(60, 40, title)]
    drawn += [(60, 150 + 50 * i, text) for i, text in enumerate(left)]
    drawn += [(560, 150 + 50 * i, text) for i, text in enumerate(right)]
    assert texts(reader.read(page(*drawn))) == [title, *left, *right]


def test_a_page_that_lies_askew_keeps_its_rows(reader: PageReader) -> None:
    rows = []
    for row in range(4):
        rows += [(80, 150 + 60 * row, f"Berth {row + 2}"), (760, 150 + 60 * row, f"Crane {row + 2}")]
    long = (80, 60, "Measured at the pier on the morning of the second of May")
    picture = page(long, *rows).rotate(3, expand=True, fillcolor="white")
    read = texts(reader.read(picture))
    assert read[1:] == [f"Berth {row + 2} | Crane {row + 2}" for row in range(4)]


def test_chinese(reader: PageReader) -> None:
    font = next((path for path in CHINESE_FONTS if _opens(path)), None)
    if font is None:
        pytest.skip("no Chinese font on this computer")
    picture = Image.new("RGB", (800, 200), "white")
    ImageDraw.Draw(picture).text((60, 70), "博物馆星期二闭馆", fill="black", font=ImageFont.truetype(font, 48))
    assert texts(reader.read(picture)) == ["博物馆星期二闭馆"]


def test_large_pictures_are_read_too(reader: PageReader) -> None:
    picture = page((100, 350, "Harbour dues rise in March")).resize((4000, 2800))
    (line,) = reader.read(picture)
    assert line.text == "Harbour dues rise in March"
    assert line.box[0] == pytest.approx(0.10, abs=0.02)


def test_a_strip_keeps_its_places(reader: PageReader) -> None:
    (line,) = reader.read(page((700, 4, "Harbour dues"), size=(1500, 40)))
    assert line.text == "Harbour dues"
    assert line.box[0] == pytest.approx(0.47, abs=0.02) and line.box[3] > 0.5


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (16, 2000), (2000, 16), (320, 240)])
def test_nothing_to_read(reader: PageReader, size: tuple[int, int]) -> None:
    assert reader.read(Image.new("RGB", size, "steelblue")) == []


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_is_read_in_its_order_and_marked_where_it_stands(reader: PageReader, turns: int) -> None:
    wanted = ["Sheet of the harbour office", "the code of the lamp is Q47", "and it must be kept secret"]
    upright = page(*((100, 100 + 50 * n, text) for n, text in enumerate(wanted)))
    lines = reader.read(upright.rotate(-90 * turns, expand=True))  # Pillow turns counter-clockwise
    assert texts(lines) == wanted
    assert [line.upright for line in lines] == [pytest.approx(line.box, abs=0.02) for line in reader.read(upright)]
    assert len(list(paragraphs(lines))) == 1


@pytest.mark.parametrize("mode", ["1", "LA", "P", "CMYK"])
def test_any_colour_mode(reader: PageReader, mode: str) -> None:
    picture = page((100, 350, "Harbour dues rise in March")).convert(mode)
    assert texts(reader.read(picture)) == ["Harbour dues rise in March"]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell a process's memory")
def test_memory_is_given_back_when_nothing_more_is_to_be_read(reader: PageReader, monkeypatch) -> None:
    def held() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    monkeypatch.setattr(ocr, "A_WHILE", 3600.0)
    picture = page((100, 350, "Harbour dues rise in March"), size=(2200, 2200), height=40)
    reader.read(picture)
    kept = held()
    monkeypatch.setattr(ocr, "A_WHILE", 0.1)
    reader.read(picture)
    for _ in range(200):
        if kept - held() > 200_000_000:
            break
        time.sleep(0.05)
    assert kept - held() > 200_000_000
    assert texts(reader.read(picture)) == ["Harbour dues rise in March"]


def test_it_is_silent() -> None:
    code = (
        "from PIL import Image; from pipelines.models.ocr import PageReader; "
        "PageReader().read(Image.new('RGB', (300, 300)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


CHINESE_FONTS = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
]


def _opens(path: str) -> bool:
    try:
        ImageFont.truetype(path, 20)
    except OSError:
        return False
    return True

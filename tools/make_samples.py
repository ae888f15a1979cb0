"""Makes the files of samples/ that are not plain text: `python tools/make_samples.py` (needs requirements-dev.txt,
and Debian's espeak-ng for the voices).

The story: volunteers restore the lighthouse at Marrow Point. Place, people and figures are invented.

    Condition survey 2024.pdf           5 pages, three tables, a section drawing, a chart
    keepers-log-1911-11.pdf             a scanned page without a text layer
    Minutes 2024-06-06.docx             headings, the table of bids, the table of actions
    Members evening 2024-11-16.pptx     6 slides, two tables, two pictures, a speaker's note
    Budget 2024-25.xlsx                 3 sheets, sums that agree with the slides
    Oral history - Edith Penrose.epub   3 chapters
    bedroom-humidity-2024-10.csv        62 readings; the humidity monitor's screenshot shows some of them
    tower-monitor-screenshot.png        readable by OCR
    lighthouse-at-dusk.jpg, supply-boat.jpg, watch-room-clock.jpg
    Talk 2025-02-15 - relighting the lamp.mp4
                                        8 slides with a synthetic voice (spoken.md), 13 silent seconds of a balloon
    Voice note - harbour master.mp3     another voice
    written by hand, not made here: visit-us.html, lens workshop notes.md, Re scaffold dates.eml,
    monitor-config.json, 澜湾航海博物馆来信.txt (a letter from a partner museum)

One difference is deliberate: visit-us.html gives the height of the tower as 34 metres, the survey as 31.4;
the workshop notes of 2 November 2024 say that the survey is right, and why.
A second run with the same versions of the libraries gives the same bytes.
"""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import sample_drawings as drawings
import sample_facts as facts
import sample_office as office
import sample_scenes as scenes
from sample_budget import budget
from sample_recording import voice_note
from sample_scan import keepers_log
from sample_settling import settle
from sample_survey import survey
from sample_talk import talk

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
STORY = Path(__file__).with_name("oral_history.md")

PAGE = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="en">
<head><title>{}</title></head>
<body>
{}
</body>
</html>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">marrow-point-oral-history-1</dc:identifier>
<dc:title>{title}</dc:title><dc:language>en</dc:language><dc:creator>Edith Penrose</dc:creator>
<meta property="dcterms:modified">2023-05-20T12:00:00Z</meta>
</metadata>
<manifest>{items}
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>
<spine>{spine}</spine>
</package>
"""
CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""


def humidity(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", "time", "sensor", "room", "temperature_c", "humidity_percent", "alarm"])
        for day, time, degrees, percent in facts.readings():
            writer.writerow(
                [day, time, "MP-03", "bedroom", degrees, percent, "yes" if percent >= facts.ALARM else "no"]
            )


def oral_history(path: Path) -> None:
    """An EPUB 3 of the text beside this file: '# ' is the title, '## ' opens a chapter."""
    title, *chapters = STORY.read_text(encoding="utf-8").removeprefix("# ").split("\n## ")
    title, _, preface = (part.strip() for part in title.partition("\n"))
    files: dict[str, str] = {}
    for number, chapter in enumerate(chapters, start=1):
        heading, _, body = chapter.partition("\n")
        opening = f"<p><i>{preface}</i></p>\n" if number == 1 else ""
        paragraphs = "\n".join(f"<p>{' '.join(block.split())}</p>" for block in body.strip().split("\n\n"))
        files[f"chapter{number}.xhtml"] = PAGE.format(heading, f"<h1>{heading}</h1>\n{opening}{paragraphs}")
    links = "".join(
        f'<li><a href="{name}">{chapter.partition(chr(10))[0]}</a></li>'
        for name, chapter in zip(files, chapters, strict=True)
    )
    items = "".join(f'<item id="{name[:-6]}" href="{name}" media-type="application/xhtml+xml"/>' for name in files)
    spine = "".join(f'<itemref idref="{name[:-6]}"/>' for name in files)
    files["nav.xhtml"] = PAGE.format(title, f'<nav epub:type="toc"><h1>Contents</h1><ol>{links}</ol></nav>')
    files["content.opf"] = PACKAGE.format(title=title, items=items, spine=spine)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("META-INF/container.xml", CONTAINER)
        for name, text in files.items():
            book.writestr(f"OEBPS/{name}", text)
    settle(path, "2023-05-20")


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    survey(SAMPLES / "Condition survey 2024.pdf")
    keepers_log(SAMPLES / "keepers-log-1911-11.pdf")
    office.minutes(SAMPLES / "Minutes 2024-06-06.docx")
    office.slides(SAMPLES / "Members evening 2024-11-16.pptx")
    budget(SAMPLES / "Budget 2024-25.xlsx")
    oral_history(SAMPLES / "Oral history - Edith Penrose.epub")
    humidity(SAMPLES / "bedroom-humidity-2024-10.csv")
    drawings.monitor_screenshot().save(SAMPLES / "tower-monitor-screenshot.png", optimize=True)
    for name, draw in (
        ("lighthouse-at-dusk", scenes.lighthouse_at_dusk),
        ("supply-boat", scenes.supply_boat),
        ("watch-room-clock", scenes.watch_room_clock),
    ):
        draw().save(SAMPLES / f"{name}.jpg", quality=86, optimize=True)
    talk(SAMPLES / "Talk 2025-02-15 - relighting the lamp.mp4")
    voice_note(SAMPLES / "Voice note - harbour master.mp3")
    for file in sorted(SAMPLES.iterdir()):
        print(f"{file.stat().st_size / 1000:8.1f} kB  {file.name}")


if __name__ == "__main__":
    main()

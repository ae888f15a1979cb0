"""kind_of: content decides, the extension only between kinds of text."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError, Unsupported
from pipelines.reading.kinds import KINDS, kind_of
from tests.making_files import PdfPage, a_picture, make_pdf, make_zip, picture_bytes


def kind_name(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return kind_of(path).name


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "TGA"])
def test_pictures_are_known_whatever_they_are_called(tmp_path: Path, form: str) -> None:
    name = "x.tga" if form == "TGA" else "slides.pptx"  # a TGA has no signature
    assert kind_name(tmp_path, name, picture_bytes(a_picture(), form)) == form.lower()
    assert kind_of(tmp_path / name).modality == "image"


def test_a_pdf_is_a_pdf_even_with_rubbish_before_it(tmp_path: Path) -> None:
    data = make_pdf(tmp_path / "a.pdf", [PdfPage().line(50, 50, "hello")]).read_bytes()
    assert kind_name(tmp_path, "b.txt", b"\n\nrubbish\n" + data) == "pdf"


def test_a_note_called_pdf_is_text(tmp_path: Path) -> None:
    assert kind_name(tmp_path, "note.pdf", b"remember the milk\n") == "text"


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("word/document.xml", "docx"),
        ("word/document2.xml", "docx"),
        ("Word\\document.xml", "docx"),
        ("ppt/presentation.xml", "pptx"),
        ("xl/workbook.xml", "xlsx"),
    ],
)
def test_office_files_by_their_members(tmp_path: Path, member: str, name: str) -> None:
    assert kind_of(make_zip(tmp_path / "noname", {"[Content_Types].xml": "<Types/>", member: "<x/>"})).name == name


@pytest.mark.parametrize("name", ["epub", "odt", "odp", "ods"])
def test_zip_documents_by_what_they_declare(tmp_path: Path, name: str) -> None:
    assert kind_of(make_zip(tmp_path / "noname", {"mimetype": KINDS[name].media_type})).name == name


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.md", b"# Title\n", "markdown"),
        ("a.csv", b"a,b\n1,2\n", "csv"),
        ("a.py", b"import os\n", "code"),
        ("Makefile", b"all:\n\techo\n", "code"),
        ("a.html", b"just words", "html"),
        ("a.txt", b"<!DOCTYPE html><p>x</p>", "html"),
        ("feed", b'<?xml version="1.0"?><rss></rss>', "xml"),
        ("page", b'<?xml version="1.0"?><html xmlns="x"></html>', "html"),
        ("a.json", b"{broken", "json"),
        ("noname", b'{"a": 1}', "json"),
        ("noname", b'{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("noname", b'{"cells": [], "nbformat": 4}', "notebook"),
        ("noname", b"[see note 3] and more", "text"),
        ("noname", b"From: a@b.c\r\nTo: d@e.f\r\nSubject: hi\r\n\r\nbody", "eml"),
        ("noname", b"{\\rtf1 hello}", "rtf"),
        ("a.txt", "naïve".encode("latin-1"), "text"),
        ("a.txt", "年齢,住所".encode("cp932"), "text"),
        ("a.txt", "plain words".encode("utf-16"), "text"),
        ("a.txt", "plain words".encode("utf-16-be"), "text"),
    ],
)
def test_text_kinds(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    assert kind_name(tmp_path, name, data) == expected


@pytest.mark.parametrize(
    ("data", "modality", "media_type"),
    [
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video", "video/mp4"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video", "video/webm"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio", "audio/wav"),
        (b"ID3\x03\0\0\0\0\0\0", "audio", "audio/mpeg"),
        (b"fLaC\0\0\0\x22", "audio", "audio/flac"),
    ],
)
def test_sound_and_video(tmp_path: Path, data: bytes, modality: str, media_type: str) -> None:
    (tmp_path / "x").write_bytes(data)
    kind = kind_of(tmp_path / "x")
    assert (kind.modality, kind.media_type) == (modality, media_type)


def test_an_empty_file_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.docx").touch()
    with pytest.raises(ExtractionError, match=r"a\.docx is empty \(0 bytes\)") as caught:
        kind_of(tmp_path / "a.docx")
    assert caught.value.stage == "open"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExtractionError, match="cannot be opened"):
        kind_of(tmp_path / "nothing")


def test_archives_and_programs_are_unsupported(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.jar", {"x.class": "x"})
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\x08\0rest")
    (tmp_path / "program").write_bytes(b"\x7fELF\x02\x01\x01\0\0\0")
    (tmp_path / "random.bin").write_bytes(bytes(range(256)) * 4)
    for name in ("a.jar", "a.gz", "program", "random.bin"):
        with pytest.raises(Unsupported, match=name):
            kind_of(tmp_path / name)


@pytest.mark.parametrize(("name", "program"), [("a.pages", "Pages"), ("a.numbers", "Numbers"), ("a.key", "Keynote")])
def test_files_of_apples_programs_are_told_how_to_be_read(tmp_path: Path, name: str, program: str) -> None:
    path = make_zip(tmp_path / name, {"Index/Document.iwa": "x", "preview.jpg": "x"})
    with pytest.raises(Unsupported, match=rf"{name} is a file of Apple's {program}; save it as PDF"):
        kind_of(path)


def test_a_bundle_of_a_library_is_no_archive_of_documents(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"catalogue.sqlite": "x", "manifest.json": "{}"})
    with pytest.raises(Unsupported, match=r"a\.zip is a bundle of a library; make a library of it with `unbundle`"):
        kind_of(path)


def test_unknown_bytes_behind_a_known_name_are_damage(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(range(256)))
    with pytest.raises(ExtractionError, match="damaged") as caught:
        kind_of(tmp_path / "a.jpg")
    assert not isinstance(caught.value, Unsupported)


def test_a_cut_document_is_damaged(tmp_path: Path) -> None:
    data = make_zip(tmp_path / "a.docx", {"word/document.xml": "<x/>" * 500}).read_bytes()
    (tmp_path / "a.docx").write_bytes(data[: len(data) // 2])
    with pytest.raises(ExtractionError, match="damaged"):
        kind_of(tmp_path / "a.docx")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unsupported, match="no ordinary file"):
        kind_of(tmp_path / "pipe")


def test_what_a_zip_declares_is_not_unpacked_at_length(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.epub", {"META-INF/container.xml": "<x/>", "mimetype": b" " * 50_000_000})
    tracemalloc.start()
    assert kind_of(path).name == "epub"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000

"""Which files there are below a folder."""

import os
from pathlib import Path

import pytest

from pipelines.reading.files import content_id, find_files

LIMIT = 1000


def names(found: list) -> list[str]:
    return [Path(each.path).name for each in found]


def test_files_are_found_once_in_order_and_hidden_and_tool_folders_are_passed_over(tmp_path: Path) -> None:
    for name in ["b.txt", "a.txt", ".hidden", "~$lock.docx", "sub/c.txt", ".git/x", "node_modules/y.js", "Thumbs.db"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert names(list(find_files([tmp_path, tmp_path / "a.txt"], LIMIT))) == ["a.txt", "b.txt", "c.txt"]


def test_the_library_does_not_read_itself_unless_a_folder_in_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "library" / "uploads").mkdir(parents=True)
    (tmp_path / "library" / "writer.json").write_text("{}")
    (tmp_path / "library" / "uploads" / "dropped.txt").write_text("x")
    (tmp_path / "a.txt").write_text("x")
    assert names(list(find_files([tmp_path], LIMIT, tmp_path / "library"))) == ["a.txt"]
    uploads = tmp_path / "x" / ".." / "library" / "uploads"
    assert names(list(find_files([uploads], LIMIT, tmp_path / "library"))) == ["dropped.txt"]


def test_odd_names_and_sizes(tmp_path: Path) -> None:
    for name in ["new\nline.txt", "🪔 lamp.txt", "quote'\".txt"]:
        (tmp_path / name).write_text("x")
    (tmp_path / "big.txt").write_bytes(b"x" * (LIMIT + 1))
    found = {Path(f.path).name: f for f in find_files([tmp_path], LIMIT)}
    assert set(found) == {"new\nline.txt", "🪔 lamp.txt", "quote'\".txt", "big.txt"}
    assert found["big.txt"].refused and "max_file_mb" in found["big.txt"].problem
    assert not found["🪔 lamp.txt"].problem


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_make_no_loops(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("x")
    (tmp_path / "link.txt").symlink_to("real.txt")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to("nowhere")
    found = {Path(f.path).name: f for f in find_files([tmp_path], LIMIT)}
    assert set(found) == {"real.txt", "link.txt", "self", "up", "gone"}
    assert not found["link.txt"].problem
    assert found["up"].refused and "links to folders" in found["up"].problem
    assert found["self"].problem and found["gone"].problem


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    (found,) = find_files([tmp_path / "nothing.pdf"], LIMIT)
    assert "does not exist" in found.problem and not found.refused


@pytest.mark.skipif(os.name == "nt", reason="names are always text on Windows")
def test_a_name_that_is_no_text_is_reported(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.txt")).write_text("x")
    except OSError:
        pytest.skip("this file system allows only text as names")
    (found,) = find_files([tmp_path], LIMIT)
    assert "Rename" in found.problem
    found.path.encode()


def test_the_content_is_the_identity(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert content_id(str(tmp_path / "a")) == expected

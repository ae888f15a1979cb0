"""Indexing keeps within its budget of memory, whatever it is given: all its processes together, at any time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.settings import bytes_of
from benchmarks import memory
from indexes.errors import UsageError
from tests.conftest import MODELS

pytestmark = pytest.mark.slow

BUDGET = "2GB"

# With little on each page, in each file and between pauses; `python -m benchmarks.memory` has them full.
CASES: dict[str, Callable[[Path], None]] = {
    "a PDF of 1,600 pages": partial(memory.pages, lines=3, between=200),
    "a picture of 200 megapixels": memory.picture,
    "a recording of two hours": partial(memory.recording, pause=3000),
    "a folder of 10,000 files": partial(memory.files, words=3),
    "scans, pictures and videos": partial(memory.mixed, scans=4, videos=2, lines=16),
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("case", CASES)
def test_the_budget_is_kept(case: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    CASES[case](folder)
    report, _, peak = memory.indexed(folder, tmp_path / "library", BUDGET)
    assert report["failed"] == 0 and report["indexed"] == len([p for p in folder.rglob("*") if p.is_file()])
    assert peak <= bytes_of(BUDGET)


def test_indexing_on_a_processor_does_without_torch() -> None:
    code = (
        "import sys; from pathlib import Path; from PIL import Image; from pipelines.models.shelf import ModelShelf\n"
        f"shelf = ModelShelf({{}}, Path({str(MODELS)!r}), device='cpu')\n"
        "picture = Image.new('RGB', (90, 60), 'red')\n"
        "assert shelf.text.embed_passages(['a ship']).any() and shelf.image.look([picture])[0].vector.any()\n"
        "assert shelf.ocr.read(picture) == [] and shelf.speech\n"
        "print(*sorted({'torch', 'transformers', 'sentence_transformers', 'open_clip'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=memory.PROJECT, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.split()) == (0, []), ran.stderr


def test_amounts_of_memory_are_read_as_people_write_them() -> None:
    assert bytes_of("2GB") == bytes_of("2000 MB") == bytes_of("2g") == 2_000_000_000
    for wrong in ("2", "GB", "-1GB", "two GB", ""):
        with pytest.raises(UsageError, match="no amount of memory"):
            bytes_of(wrong)

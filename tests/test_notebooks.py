"""The notebooks run from top to bottom, on a library of the test's own."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path, shelf, monkeypatch, capsys) -> None:
    monkeypatch.setattr("app.assistant.ModelShelf", lambda *_: shelf)
    monkeypatch.chdir(ROOT)
    cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    assert all(not cell["outputs"] for cell in cells), "clear the outputs before committing"
    code = "\n".join("".join(cell["source"]) for cell in cells)
    code = code.replace('PROJECT / "data" / "notebook"', f"Path({str(tmp_path)!r})")
    (tmp_path / "few").mkdir()
    for name in ("keepers-log-1911-11.pdf", "Condition survey 2024.pdf", "Re scaffold dates.eml"):
        os.link(ROOT / "samples" / name, tmp_path / "few" / name)
    code = code.replace('PROJECT / "samples"', f"Path({str(tmp_path / 'few')!r})")
    exec(compile(code, str(path), "exec"), {})
    printed = capsys.readouterr().out
    assert "1.20" in printed and "indexed keepers-log-1911-11.pdf" in printed

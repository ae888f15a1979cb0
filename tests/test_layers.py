"""app → pipelines → indexes, never back; and importing anything of ours loads no model library."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ["indexes", "pipelines", "app"]  # each may import itself and those before it
HOMES = {  # heavy packages and the only files that may name them
    "gradio": ["app/ui/", "app/server.py"],
    "fastapi": ["app/api.py", "app/playing.py", "app/server.py"],
    "av": [
        "pipelines/recordings/containers.py",
        "pipelines/recordings/media.py",
        "pipelines/recordings/moving.py",
        "pipelines/recordings/playback.py",
    ],
    "ctranslate2": ["pipelines/models/whisper.py", "pipelines/models/ct2_bert.py", "pipelines/models/devices.py"],
    "faster_whisper": ["pipelines/models/whisper.py", "pipelines/recordings/speech.py"],
    "faiss": ["indexes/vectors.py", "indexes/kinds.py", "indexes/graphics.py", "app/doctor.py"],
    "ir_measures": ["app/evaluation/metrics.py"],
    "scipy": ["app/evaluation/metrics.py"],
    "py3langid": ["pipelines/languages.py"],
    "sentence_transformers": ["pipelines/models/embedding.py", "pipelines/models/crossing.py"],
    "sqlite3": ["indexes/"],
}


def imports(path: Path) -> set[str]:
    """Modules that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def files() -> list[Path]:
    return [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    above = LAYERS[LAYERS.index(name.split("/")[0]) + 1 :]
    for module in imports(path):
        top = module.split(".")[0]
        assert top not in above, f"{name} imports {module}"
        assert top not in ("tests", "benchmarks", "tools"), f"{name} imports {module}"
        homes = HOMES.get(top)
        assert homes is None or name.startswith(tuple(homes)), f"{top} is imported outside its home by {name}"


def test_no_pickle_and_no_remote_code() -> None:
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert not {"pickle", "dill", "joblib", "shelve"} & imports(path), path
        assert "trust_remote_code=True" not in text.replace(" ", ""), path
        assert "allow_dangerous_deserialization=True" not in text.replace(" ", ""), path


def test_importing_everything_but_the_page_loads_nothing_heavy() -> None:
    light = [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in files()
        if "ui" not in path.parts and path.stem not in ("api", "playing", "__main__", "langchain_bridge", "__init__")
    ]
    code = (
        f"import sys\nfor name in {light!r}: __import__(name)\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    heavy = {"torch", "transformers", "sentence_transformers", "open_clip", "onnxruntime", "gradio", "faiss", "fastapi"}
    assert not heavy & set(loaded.split())

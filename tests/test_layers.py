"""app → pipelines → indexes, never back and never in a circle; importing anything of ours loads no model library."""

import ast
import os
import subprocess
import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

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
    "py3langid": ["pipelines/languages.py", "pipelines/extractors/alphabets.py", "pipelines/extractors/sense.py"],
    "sentence_transformers": ["pipelines/models/embedding.py", "pipelines/models/crossing.py"],
    "sqlite3": ["indexes/", "pipelines/tables/sql.py", "pipelines/tables/statements.py"],
    "sqlglot": ["pipelines/tables/statements.py"],
    "zxingcpp": ["pipelines/extractors/codes.py"],
}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> set[str]:
    """Modules that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(parsed(path)):
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


def module_name(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


def needs(path: Path, ours: Collection[str]) -> set[str]:
    """Modules of ours that a file imports when it runs, also inside functions: not those that only its types name."""
    found: set[str] = set()
    waiting: list[ast.AST] = [parsed(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # Modules of a package, or what a module holds.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in ours else node.module for name in names}
        waiting += ast.iter_child_nodes(node)
    return found & set(ours)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that all lead to each other, each by name."""
    reached = {}
    for start in graph:
        reached[start], waiting = set(), [start]
        while waiting:
            new = graph[waiting.pop()] - reached[start]
            reached[start] |= new
            waiting += new
    groups = {frozenset(other for other in reached[one] if one in reached[other]) for one in graph}
    return sorted(sorted(group) for group in groups if group)


def test_no_modules_import_each_other_in_a_circle() -> None:
    ours = {module_name(path): path for path in files()}
    found = circles({name: needs(path, ours) for name, path in ours.items()})
    assert not found, "These import each other in a circle: " + "; ".join(" ↔ ".join(group) for group in found)


def test_circles_are_found_by_their_members() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"e"}}
    assert circles(graph) == [["b", "c"], ["e"]]


def test_no_pickle_and_no_remote_code() -> None:
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert not {"pickle", "dill", "joblib", "shelve"} & imports(path), path
        assert "trust_remote_code=True" not in text.replace(" ", ""), path
        assert "allow_dangerous_deserialization=True" not in text.replace(" ", ""), path


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(("set_by_a_person", "wait"), [({}, "passive"), ({"OMP_WAIT_POLICY": "active"}, "active")])
def test_threads_that_wait_sleep_unless_a_person_wants_otherwise(set_by_a_person: dict[str, str], wait: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | set_by_a_person
    code = "import pipelines, os; print(os.environ['OMP_WAIT_POLICY'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == wait

"""What the tests share: one shelf of real models for the whole run, since weights take seconds to load; and which tests
are slow.

Those that use the shelf or a browser are `slow` by themselves, others say so. All the rest may neither load a model nor
start a process, and fail where they do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before anything imports transformers

from indexes.library import Library
from pipelines.ingest import Ingest
from pipelines.models.shelf import ModelShelf

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
MODELS = Path(os.environ.get("FOLIOSCOPE_MODELS", ROOT / "data" / "models"))
SLOW = {"shelf", "browser"}  # fixtures
ENGINES = {"torch", "onnxruntime", "ctranslate2", "llama_cpp"}  # what models run on


@pytest.fixture(scope="session")
def shelf() -> Iterator[ModelShelf]:
    """The built-in models; each is loaded when a test first asks for it."""
    shelf = ModelShelf({}, MODELS, device="cpu")
    yield shelf
    for role in ("image", "text", "ocr", "speech", "chat"):
        shelf.release(role)


@pytest.fixture(scope="module")
def library(request, tmp_path_factory, shelf: ModelShelf) -> Iterator[Library]:
    """The texts of the module's `FILES`, by name, indexed."""
    folder = tmp_path_factory.mktemp("files")
    for name, text in request.module.FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = Library(tmp_path_factory.mktemp("library"))
    list(Ingest(made, shelf, 10**7).index([folder]))
    yield made
    made.close()


def pytest_itemcollected(item: pytest.Item) -> None:
    if SLOW & set(getattr(item, "fixturenames", ())):
        item.add_marker("slow")


_processes: list[object] = []  # those that the running test has started
_engines: set[str] = set()  # those that were imported before it


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("subprocess.Popen", "os.fork", "os.posix_spawn"):
        _processes.append(arguments[1] if arguments else event)


sys.addaudithook(_note)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    _processes.clear()
    _engines.update(ENGINES & set(sys.modules))
    result = yield
    _judge(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    result = yield
    _judge(item)
    return result


def _judge(item: pytest.Item) -> None:
    """What a test loads or starts is judged only afterwards: that may be in a thread, or where errors are caught."""
    used = [*(ENGINES & set(sys.modules)) - _engines, *_processes]
    if used and not item.get_closest_marker("slow"):
        pytest.fail(f"This test uses {', '.join(map(str, used))}, so it has to be marked slow.", pytrace=False)

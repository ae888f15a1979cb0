"""What the tests share: one shelf of real models for the whole run, since weights take seconds to load."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before anything imports transformers

from pipelines.models.shelf import ModelShelf

MODELS = Path(os.environ.get("FOLIOSCOPE_MODELS", Path(__file__).resolve().parent.parent / "data" / "models"))


@pytest.fixture(scope="session")
def shelf() -> Iterator[ModelShelf]:
    """The built-in models; each is loaded when a test first asks for it."""
    shelf = ModelShelf({}, MODELS, device="cpu")
    yield shelf
    for role in ("image", "text", "ocr", "speech", "chat"):
        shelf.release(role)

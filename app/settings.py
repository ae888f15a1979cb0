"""Everything that can be set: one table, the only reader of the environment and of folioscope.toml.

A command-line option beats the environment (FOLIOSCOPE_TEXT=…), which beats folioscope.toml in the project's folder,
which beats the default. The stages below never see this; they get plain arguments.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexes.errors import UsageError

PROJECT = Path(__file__).resolve().parent.parent

# name, default, help
SETTINGS: tuple[tuple[str, str | int, str], ...] = (
    ("library", str(PROJECT / "data" / "library"), "folder of the library"),
    ("models", str(PROJECT / "data" / "models"), "folder in which the built-in weights are put together once"),
    ("text", "builtin", "text vectors: builtin, builtin:english, builtin:multilingual, hf:ID_OR_FOLDER"),
    ("image", "builtin", "image vectors: builtin, openclip:ARCH/CHECKPOINT"),
    ("ocr", "builtin", "text in pictures: builtin, none"),
    (
        "closer_speech",
        "none",
        "speech of long recordings once more, in their second pass: none, whisper:SIZE_OR_FOLDER, openai-whisper:FILE",
    ),
    ("speech", "builtin", "speech: builtin, whisper:SIZE_OR_FOLDER, openai-whisper:FILE, none"),
    (
        "chat",
        "builtin",
        "answers: builtin, builtin:light, gguf:FILE, hf:ID_OR_FOLDER, PROVIDER:MODEL[@BASE_URL] (LangChain), none",
    ),
    (
        "rerank",
        "none",
        "reads the best twenty results together with the question, which takes seconds on two cores: none,"
        " hf:ID_OR_FOLDER (cross-encoder)",
    ),
    (
        "entailment",
        "none",
        "checks sentences of answers as well: none, hf:ID_OR_FOLDER (natural language inference)",
    ),
    ("cross_encoder", "builtin", "reads a question together with what a table may answer: builtin (English), none"),
    ("device", "auto", "auto, cpu, cuda, mps"),
    (
        "index",
        "auto",
        "how vectors are held for searching: auto (exact up to 100,000, then compact), exact, compact (a tenth of the"
        " memory); a change takes effect with the next `index`, or with `doctor --repair`",
    ),
    ("host", "127.0.0.1", "address that the server listens on; any other than this machine's needs a password"),
    ("port", 7860, "port of the page and the API"),
    ("password", "", "asked for by the page and the API (user name: folioscope); none by default"),
    ("max_file_mb", 500, "larger files are skipped, recordings aside"),
    ("max_recording_mb", 20_000, "larger recordings and videos are skipped"),
    ("memory", "2GB", "the most memory that indexing takes, without the chat model, e.g. 1500MB, 4GB"),
    ("frames", 480, "the most key frames that are kept of one video"),
    ("chat_sees", "auto", "whether the chat model is shown pictures of the evidence: auto, yes, no"),
    ("pictures", 3, "the most pictures that a chat model is shown for one answer; 0: none"),
    ("captions", "off", "on: a chat model that takes pictures describes each one in a sentence when it is indexed"),
    ("evidence_tokens", 0, "how much evidence the chat model reads for one answer; 0: as much as its speed allows"),
    ("answer_tokens", 1500, "the longest answer that the chat model may write"),
    (
        "ability",
        "auto",
        "what the chat model is trusted with: auto (what its probe shows), quotes (nothing), chooses (which sentences"
        " of the files answer), shortens (puts them in fewer words), writes (answers freely)",
    ),
    ("unsupported", "mark", "sentences that no source bears out: mark them, or drop them (mark, drop)"),
    ("history", "on", "whether conversations are kept in the library: on, off"),
)

# What a setting may be, where it is one of a few words and no other part judges it.
CHOICES: dict[str, tuple[str, ...]] = {
    "index": ("auto", "exact", "compact"),
    "ability": ("auto", "quotes", "chooses", "shortens", "writes"),
    "unsupported": ("mark", "drop"),
    "history": ("on", "off"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force; the fields are the table's names."""

    library: str
    models: str
    text: str
    image: str
    ocr: str
    closer_speech: str
    speech: str
    chat: str
    rerank: str
    entailment: str
    cross_encoder: str
    device: str
    index: str
    host: str
    port: int
    password: str
    max_file_mb: int
    max_recording_mb: int
    memory: str
    frames: int
    chat_sees: str
    pictures: int
    captions: str
    evidence_tokens: int
    answer_tokens: int
    ability: str
    unsupported: str
    history: str


def load_settings(options: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """Settings from options, environment, file and defaults. Raises UsageError for unknown names and wrong values."""
    file = file or Path(os.environ.get("FOLIOSCOPE_CONFIG", PROJECT / "folioscope.toml"))
    written = _read(file)
    unknown = sorted(set(written) - {name for name, _, _ in SETTINGS})
    if unknown:
        known = ", ".join(name for name, _, _ in SETTINGS)
        raise UsageError(f"{file} sets {', '.join(unknown)}, which is no setting. Settings are: {known}.")
    values: dict[str, Any] = {}
    for name, default, _ in SETTINGS:
        value = (options or {}).get(name)
        if value is None:
            value = os.environ.get(f"FOLIOSCOPE_{name.upper()}", written.get(name, default))
        if isinstance(default, int):
            try:
                values[name] = int(str(value))  # a number with a fraction, or true, is an error and not rounded
            except ValueError:
                raise UsageError(f"The setting {name} is {value!r}, which is no whole number.") from None
        else:
            values[name] = str(value)
        if values[name] not in CHOICES.get(name, (values[name],)):
            raise UsageError(f"The setting {name} is {values[name]!r}, which is none of {', '.join(CHOICES[name])}.")
    return Settings(**values)


def bytes_of(size: str) -> int:
    """'2GB', '1500 MB' as bytes. Raises UsageError for what is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt])i?b?", size.strip().lower())
    if found is None:
        raise UsageError(f"{size!r} is no amount of memory. Write it like 2GB or 1500MB.")
    return int(float(found[1]) * 1000 ** (1 + "kmgt".index(found[2])))


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as settings: {error}. Correct it or remove it.") from error

"""What a chat model is trusted with: nothing ('quotes'), to choose among the files' sentences ('chooses'), to shorten
them ('shortens'), or to write ('writes'). It is measured once (`probing.py`) and kept beside the built-in weights.

Nobody waits for the probe: it runs in a thread, and what is known by then counts.
"""

from __future__ import annotations

import atexit
import json
import logging
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast, get_args

from indexes.placing import put_in_place
from pipelines.asking.probing import SECONDS, Ability, Measured, Stopped, measure, version
from pipelines.errors import ModelUnavailable
from pipelines.models.shelf import ModelShelf

log = logging.getLogger(__name__)

ABILITIES: tuple[str, ...] = get_args(Ability)

# What comes with the install was measured with these questions (Q4, llama.cpp, two cores). The 1.5B model was asked all
# 20 of each level: it wrote 13 right (16 are needed), shortened 16 and chose 12 (18 are). It answers German in English,
# reads the wrong row of a table, and takes the date of another report; shortened, it drops conditions. The 0.5B model
# was asked until it was certain that it fails. The probe took 130 s with the one and 166 s with the other, on two busy
# cores.
SHIPPED: dict[str, Measured] = {
    "Qwen2.5-Coder-1.5B-Instruct Q4_K_M": Measured(
        "quotes", {"writes": (13, 20), "shortens": (16, 20), "chooses": (12, 20)}
    ),
    "Qwen2.5-Coder-0.5B-Instruct Q4_K_M": Measured(
        "quotes", {"writes": (5, 10), "shortens": (7, 10), "chooses": (1, 4)}
    ),
}

_AGAIN = 60.0  # seconds after which a model that did not answer is asked once more
_Key = tuple[Path, str]

_known: dict[_Key, Measured] = {}
_failed: dict[_Key, tuple[float, Measured]] = {}  # when; not kept, since a server may be up again in a minute
_running: set[_Key] = set()
_lock = threading.Lock()  # of these three
_turn = threading.Lock()  # one probe at a time
_leaving = threading.Event()

atexit.register(_leaving.set)  # else the probe would begin its next question while Python shuts down


def ability_of(shelf: ModelShelf, setting: str = "auto") -> Ability:
    """What is set, else what is known of the model; where nothing is, the probe is started. Never waits.

    Until it has run, a model on a server counts as one that writes: a person has named it and set it up, what it writes
    is checked sentence by sentence and held back where most is not borne out, and the quotes stand below. Models that
    run here are small, and mostly cannot write; the quotes are their answer until they have shown more.
    """
    if not shelf.has_chat:
        return "quotes"
    if setting != "auto":
        return cast(Ability, setting)
    known = known_of(shelf)
    if known is None or _is_due(_key(shelf)):
        measure_soon(shelf)
    if known is not None:
        return known.ability
    return "writes" if shelf.chat_is_served else "quotes"


def says_nothing(shelf: ModelShelf, setting: str = "auto") -> bool:
    """Whether there is no chat model, or it is set or known to be trusted with nothing, so that it need not be loaded.
    One that did not answer, or was never asked, may have something to say."""
    if not shelf.has_chat or setting != "auto":
        return not shelf.has_chat or setting == "quotes"
    known = known_of(shelf)
    return known is not None and known.ability == "quotes" and not known.note


def known_of(shelf: ModelShelf) -> Measured | None:
    """What was measured, or why that failed the last time; None where nothing is known. Loads nothing."""
    key = _key(shelf)
    with _lock:
        found = SHIPPED.get(shelf.identity("chat")) or _known.get(key)
        if found is None and (found := _read(key)) is not None:
            _known[key] = found
        return found or _failed.get(key, (0.0, None))[1]


def measure_soon(shelf: ModelShelf) -> None:
    """Measure the chat model in the background, unless that is being done."""
    key = _key(shelf)
    with _lock:
        if key in _running:
            return
        _running.add(key)

    def run() -> None:
        try:
            measure_now(shelf)
        finally:
            with _lock:
                _running.discard(key)

    threading.Thread(target=run, name="probe of the chat model", daemon=True).start()


def measure_now(shelf: ModelShelf, seconds: float = SECONDS) -> Measured | None:
    """Measure the chat model, unless it is known, and keep what was found. One that does not answer is trusted with
    nothing, for a minute. None where there is no chat model, or the program ends meanwhile."""
    if not shelf.has_chat:
        return None
    key, name = _key(shelf), shelf.name("chat")
    with _turn:
        known = known_of(shelf)
        if known is not None and not known.note:
            return known
        try:
            found = measure(shelf.chat, seconds, _leaving.is_set)
        except Stopped:
            return None
        except ModelUnavailable as error:
            found = Measured("quotes", note=str(error))
            log.warning("What the chat model %s can be trusted with is not known: %s", name, error)
            with _lock:
                _failed[key] = time.monotonic(), found
            return found
        log.info("the chat model %s: %s", name, said_of(found))
        with _lock:
            _failed.pop(key, None)
            _known[key] = found
            _keep(key, found)
        return found


def said_of(measured: Measured) -> str:
    """For people: 'chooses (writes: 2 of 7 right; shortens: 1 of 4; chooses: 18 of 19)'."""
    right = "; ".join(f"{level}: {good} of {asked} right" for level, (good, asked) in measured.right.items())
    why = right or measured.note
    return f"{measured.ability} ({why})" if why else measured.ability


def described(shelf: ModelShelf, setting: str = "auto") -> str:
    """For people: what the chat model is trusted with, and why. Asks and loads nothing."""
    if not shelf.has_chat:
        return ""
    if setting != "auto":
        return f"{setting} (set)"
    known = known_of(shelf)
    return "not measured yet" if known is None else said_of(known)


def _is_due(key: _Key) -> bool:
    """Whether it did not answer, and that is a while ago."""
    failed = _failed.get(key)
    return failed is not None and time.monotonic() - failed[0] > _AGAIN


def _key(shelf: ModelShelf) -> _Key:
    return shelf.cache / "abilities.json", shelf.identity("chat")


def _read(key: _Key) -> Measured | None:
    """What is kept of a model. A file that is damaged is as good as none: the model is asked again."""
    row = _rows(key[0]).get(key[1])
    try:
        if row is None or row["probe"] != version() or row["ability"] not in ABILITIES:
            return None
        right = {str(level): (int(good), int(asked)) for level, (good, asked) in row["right"].items()}
        return Measured(row["ability"], right, float(row["seconds"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _rows(file: Path) -> dict[str, Any]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return rows if isinstance(rows, dict) else {}


def _keep(key: _Key, found: Measured) -> None:
    file, name = key
    row = {"probe": version(), "ability": found.ability, "right": found.right, "seconds": found.seconds}
    rows = {**_rows(file), name: row}
    aside: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=file.parent, prefix=".abilities.", delete=False
        ) as out:
            aside = Path(out.name)
            json.dump(rows, out, ensure_ascii=False, indent=1)
        put_in_place(aside, file)
    except OSError as error:  # it is asked again at the next start
        log.warning("What was measured of the chat model cannot be kept in %s: %s", file, error)
        if aside is not None:
            with suppress(OSError):
                aside.unlink()

"""No regular expression of ours takes long over text that was made to keep it busy.

Every pattern is found in the code and given texts that repeat what it repeats, up to as long as what it can meet.
"""

from __future__ import annotations

import ast
import importlib
import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.reading.kinds import HEAD, kind_of
from pipelines.retrieval import LONGEST_QUESTION
from tests.conftest import ROOT
from tests.test_layers import files

SECONDS = 2.0  # a linear pattern takes hundredths of it, an exponential one for ever
LENGTHS = {"pipelines/reading/": HEAD, "pipelines/extractors/": HEAD, "indexes/": HEAD, "pipelines/sentences.py": HEAD}
"""Characters of foreign text that a file's patterns meet; elsewhere it is a question or a passage."""

BODIES = (" ", "a", "1", "A.", "\n", "-", "|", "[", "<", "<!---->", ",", "a ", "a-1 ", "\r\n ", "a: b\r\n c\r\n", "#*")


def examples(parsed: Any) -> str:
    """A text that a parsed pattern matches, as far as that is simple to say."""
    text = ""
    for what, value in parsed:
        if what is sre.LITERAL:
            text += chr(value)
        elif what is sre.NOT_LITERAL:
            text += "a" if chr(value) != "a" else "b"
        elif what is sre.IN:
            text += _one_of(value)
        elif what is sre.ANY:
            text += "a"
        elif what is sre.BRANCH:
            text += examples(value[1][0])
        elif what is sre.SUBPATTERN:
            text += examples(value[3])
        elif what is sre.ATOMIC_GROUP:
            text += examples(value)
        elif what in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            text += examples(value[2]) * max(1, min(value[0], 50))
    return text


def _one_of(members: Any) -> str:
    categories = {sre.CATEGORY_SPACE: " ", sre.CATEGORY_DIGIT: "1", sre.CATEGORY_WORD: "a", sre.CATEGORY_NOT_SPACE: "a"}
    negated = members[0][0] is sre.NEGATE
    for what, value in members:
        if negated:
            return next(c for c in "a 1-.\n|\u4e00" if not re.match(f"[{re.escape(c)}]", _text_of(members)))
        if what is sre.LITERAL:
            return chr(value)
        if what is sre.RANGE:
            return chr(value[0])
        if what is sre.CATEGORY and value in categories:
            return categories[value]
    return "a"


def _text_of(members: Any) -> str:
    return "".join(chr(value) for what, value in members if what is sre.LITERAL)[:1] or "\0"


def repetitions(parsed: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """What stands before each long repetition of a pattern, and what it repeats."""
    for part in parsed:
        what, value = part
        inner: list[Any] = []
        if what in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            if value[1] > 20:
                yield before, examples(value[2])
            inner = [value[2]]
        elif what is sre.BRANCH:
            inner = list(value[1])
        elif what is sre.SUBPATTERN:
            inner = [value[3]]
        elif what is sre.ATOMIC_GROUP:
            inner = [value]
        for each in inner:
            yield from repetitions(each, before)
        before += examples([part])


def patterns(path: Path) -> Iterator[tuple[str, re.Pattern[Any], bool]]:
    """Name, pattern and whether it is only tried at the beginning of a text, of all in a file."""
    text = path.read_text(encoding="utf-8")
    if "re." not in text:
        return
    module = importlib.import_module(path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."))
    for name, value in vars(module).items():
        for pattern in _within(value):
            used = set(re.findall(rf"\b{name}\.(\w+)\(", text)) or {"match"}
            yield name, pattern, used <= {"match", "fullmatch"}
    for node in ast.walk(ast.parse(text)):
        called = node.func if isinstance(node, ast.Call) else None
        if not (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re"):
            continue
        if called.attr in ("escape", "compile"):
            continue
        assert isinstance(node, ast.Call)
        flags = next((keyword.value for keyword in node.keywords if keyword.arg == "flags"), None)
        place = {"sub": 4, "split": 3}.get(called.attr, 2)
        flags = flags or (node.args[place] if len(node.args) > place else ast.Constant(0))
        try:
            pattern, flag = (eval(ast.unparse(argument), vars(module)) for argument in (node.args[0], flags))  # noqa: S307
        except NameError:  # made of what a function was given, escaped
            continue
        yield f"line {node.lineno}", re.compile(pattern, flag), called.attr in ("match", "fullmatch")


def _within(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _within(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _within(each)


def takes_too_long(pattern: re.Pattern[Any], text: str, anchored: bool) -> bool:
    subject: Any = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text

    def too_long(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        if anchored:
            pattern.match(subject)
        else:
            pattern.sub(lambda match: match[0][:0], subject)
    except TimeoutError:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return False


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_patterns_are_linear(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    longest = next((length for start, length in LENGTHS.items() if name.startswith(start)), LONGEST_QUESTION)
    slow = set()
    for where, pattern, anchored in patterns(path):
        source: Any = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
        hostile = {("", body) for body in BODIES} | set(repetitions(parser.parse(source, pattern.flags & ~re.UNICODE)))
        for before, body in sorted(hostile):
            texts = [before + body * (length // max(1, len(body))) + "\0" for length in (40, 600, longest)]
            if longest == LONGEST_QUESTION:
                texts = [" ".join(text.split()) for text in texts]  # as questions are, before anything reads them
            if body and any(takes_too_long(pattern, text, anchored) for text in texts):
                slow.add(f"{where}: {source[:100]!r} over {before!r} and {body!r} again and again")
                break
    assert not slow, "\n".join(sorted(slow))


def test_a_mail_like_text_is_told_at_once(tmp_path: Path) -> None:
    agenda = tmp_path / "agenda.txt"
    agenda.write_bytes(b"Agenda: meeting\r\n" + b"    an indented line\r\n" * 3000)
    assert kind_of(agenda).name == "text"
    mail = tmp_path / "mail.txt"
    mail.write_bytes(b"From: a@b.c\r\nSubject: tide\r\n tables\r\nDate: Mon, 3 Mar 2025\r\n\r\nHello")
    assert kind_of(mail).name == "eml"


def test_a_page_behind_many_comments_is_told_at_once(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("<!---->\n" * 5000 + "<html><p>Here")
    assert kind_of(page).name == "html"
    page.write_text("<!---->\n" * 5000 + "nothing")
    assert kind_of(page).name == "text"

"""Equations of Word and PowerPoint on one line, as people type them: '(a+b)/2', 'x^2', '√(1-x)'."""

from __future__ import annotations

import re
from typing import Any

_SIMPLE = re.compile(r"[-−+]?[\w.,]*|\([^()]*\)|\[[^\[\]]*\]|.")
_BRACKETED = re.compile(r"\([^()]*\)")


def formula(node: Any) -> str:
    """The text of an equation or of a part of it. Its letters alone would say '12' where 1 is divided by 2."""
    told = [(_name(child), _written(child) if _name(child) == "t" else formula(child)) for child in _parts(node)]

    def part(name: str, between: str = "") -> str:
        return between.join(text for known, text in told if known == name)

    below, above = part("sub"), part("sup")
    scripts = (f"_{_group(below)}" if below else "") + (f"^{_group(above)}" if above else "")
    match _name(node):
        case "f":
            return f"{_group(part('num'))}/{_group(part('den'))}"
        case "sSub" | "sSup" | "sSubSup" | "sPre":
            return f"{_group(part('e'))}{scripts}"
        case "rad":
            return f"{part('deg')}√{_group(part('e'))}"
        case "nary":
            return f"{_sign(node, 'chr', '∫')}{scripts} {part('e')}"
        case "d":
            inside = part("e", _sign(node, "sepChr", "|"))
            return f"{_sign(node, 'begChr', '(')}{inside}{_sign(node, 'endChr', ')')}"
        case "limLow" | "limUpp":
            return f"{part('e')}_{_group(part('lim'))} "
        case "m":
            return f"[{part('mr', '; ')}]"
        case "mr":
            return part("e", ", ")
        case "eqArr":
            return part("e", "; ")
        case "func":
            return f"{part('fName').strip()}{_in_parentheses(part('e'))}"
        case _:
            return _joined(told)


def _parts(node: Any) -> list[Any]:
    """The elements in a node, but for properties and what was deleted."""
    return [c for c in node.iterchildren("*") if not _name(c).endswith("Pr") and _name(c) not in ("del", "moveFrom")]


def _written(text: Any) -> str:
    return (text.text or "").replace("\u2061", " ")  # what stands unseen between 'sin' and 'x'


def _group(text: str) -> str:
    """In parentheses, unless it is a single number, word or group already."""
    return text if _SIMPLE.fullmatch(text) else f"({text})"


def _in_parentheses(text: str) -> str:
    return text if _BRACKETED.fullmatch(text) else f"({text})"


def _joined(told: list[tuple[str, str]]) -> str:
    """Side by side; the name of a function apart from what stands before it: 'x sin(y)'."""
    text = ""
    for name, own in told:
        text += f" {own}" if name == "func" and text[-1:].isalpha() else own
    return text


def _sign(node: Any, name: str, usual: str) -> str:
    found = node.find(f"*/{{*}}{name}")
    return usual if found is None else next(iter(found.values()), "")


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]

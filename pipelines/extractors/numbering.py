"""The numbers that Word and PowerPoint draw before headings and list items: '2.1', 'a)', 'iv.'. They stand in no text.

Knows how numbers are written and how Word counts; which style a paragraph has is for `word.py`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pipelines.extractors.ooxml import W, is_on, number, value

_ALPHABETS = {
    "lowerLetter": "abcdefghijklmnopqrstuvwxyz",
    "upperLetter": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "russianLower": "абвгдежзиклмнопрстуфхцчшщыэюя",
    "russianUpper": "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ",
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedCircleChinese": "①②③④⑤⑥⑦⑧⑨⑩",
    "aiueo": "アイウエオカキクケコサシスセソタチツテトナニヌネノ",
    "aiueoFullWidth": "アイウエオカキクケコサシスセソタチツテトナニヌネノ",
    "ganada": "가나다라마바사아자차카타파하",
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "hebrew2": "אבגדהוזחטיכלמנסעפצקרשת",
    "arabicAlpha": "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
}
_ROMAN = [(1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")]
_ROMAN += [(10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")]
_CHINESE = "〇一二三四五六七八九"
_CHINESE_FORMS = (
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "taiwaneseCounting",
    "koreanCounting",
)
_LEVELS = 9
"""Of a list, by the format."""
_LONGEST = 255
"""Characters before an item; the format allows no more."""


def numeral(count: int, form: str) -> str:
    """`count` as Word writes it in a format such as 'lowerRoman'; plain digits where it is not known."""
    alphabet = _ALPHABETS.get(form)
    if form == "none":
        return ""
    if alphabet and 0 < count <= 10 * len(alphabet):
        return alphabet[(count - 1) % len(alphabet)] * ((count - 1) // len(alphabet) + 1)  # … y, z, aa, bb
    if form in ("lowerRoman", "upperRoman") and 0 < count < 5000:
        roman = ""
        for worth, letters in _ROMAN:
            roman += letters * (count // worth)
            count %= worth
        return roman if form == "lowerRoman" else roman.upper()
    if form in _CHINESE_FORMS and 0 < count < 100:
        tens, ones = divmod(count, 10)
        return ("" if tens < 2 else _CHINESE[tens]) + ("十" if tens else "") + (_CHINESE[ones] if ones else "")
    if form == "ordinal":
        teen = count % 100 // 10 == 1
        return f"{count}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th')}"
    return f"{count:02}" if form == "decimalZero" else str(count)


class _Plan(NamedTuple):
    """What a list counts by: the levels with what the list changes of them, and where it says that they begin anew."""

    key: str
    levels: dict[int, Any]
    restarts: dict[int, int]


class Numbering:
    """The lists of a document and how far each has been counted."""

    def __init__(self, root: Any) -> None:
        root = [] if root is None else root
        self.lists = {node.get(f"{W}numId"): node for node in root if node.tag == f"{W}num"}
        self.plans = {node.get(f"{W}abstractNumId"): node for node in root if node.tag == f"{W}abstractNum"}
        self.named = {value(node, "styleLink"): key for key, node in self.plans.items() if value(node, "styleLink")}
        self.known: dict[str, _Plan] = {}
        self.counts: dict[str, dict[int, int]] = {}
        self.begun: set[tuple[str, int]] = set()

    def level_of(self, identifier: str, style: str) -> int:
        """The level that belongs to a style of paragraphs, as to 'Heading 2'; the first where none does."""
        levels = self._plan(identifier).levels
        return next((at for at, level in levels.items() if value(level, "pStyle") == style), 0)

    def label(self, identifier: str, at: int) -> str:
        """What stands before the next paragraph of this list and level; '' if the list is none."""
        plan = self._plan(identifier)
        levels = plan.levels
        if at not in levels:
            return ""
        counts = self.counts.setdefault(plan.key, {})
        begins = plan.restarts.get(at)
        if begins is not None and (identifier, at) not in self.begun:
            self.begun.add((identifier, at))  # a list that goes by the same plan begins anew
            counts.pop(at, None)
        counts[at] = counts[at] + 1 if at in counts else self._start(levels, at, begins)
        for level in [level for level in counts if level > at]:
            if at < number(value(levels.get(level), "lvlRestart"), level):
                del counts[level]
        return self._written(levels, counts, at)

    def _written(self, levels: dict[int, Any], counts: dict[int, int], at: int) -> str:
        level = levels[at]
        if value(level, "numFmt") == "bullet":
            return "•"
        legal = is_on(level, f"{W}isLgl")

        def one(match: re.Match[str]) -> str:
            named = int(match[1]) - 1
            form = value(levels.get(named), "numFmt") or "decimal"
            count = counts.get(named, self._start(levels, named) - 1)  # '0.1' where no heading of the first level was
            return numeral(count, "decimal" if legal and form != "none" else form)

        label = re.sub("%([1-9])", one, value(level, "lvlText")[:_LONGEST]).strip()
        # 'Step 3.' alone would be read as a sentence of its own.
        return f"{label[:-1]}:" if " " in label and label.endswith(".") else label

    def _plan(self, identifier: str) -> _Plan:
        if identifier not in self.known:
            self.known[identifier] = self._looked_up(identifier)
        return self.known[identifier]

    def _looked_up(self, identifier: str) -> _Plan:
        used = self.lists.get(identifier)
        if used is None:
            return _Plan("", {}, {})
        key = value(used, "abstractNumId")
        linked = value(self.plans.get(key), "numStyleLink")
        key = self.named.get(linked, key)
        plan = self.plans.get(key)
        changes = {number(node.get(f"{W}ilvl")): node for node in used.iterchildren(f"{W}lvlOverride")}
        levels = {} if plan is None else {number(node.get(f"{W}ilvl")): node for node in plan.iterchildren(f"{W}lvl")}
        levels |= {at: own for at, change in changes.items() if (own := change.find(f"{W}lvl")) is not None}
        starts = {at: value(change, "startOverride") for at, change in changes.items()}
        return _Plan(
            key,
            {at: level for at, level in levels.items() if 0 <= at < _LEVELS},
            {at: number(start) for at, start in starts.items() if start},
        )

    @staticmethod
    def _start(levels: dict[int, Any], at: int, begins: int | None = None) -> int:
        return number(value(levels.get(at), "start"), 1) if begins is None else begins

"""The results of simple formulas that a workbook was saved without: sums and the like, by the cells of its sheets.

Whatever is not known here (other functions, names, cells that are no numbers) is not guessed: there is no result.
"""

from __future__ import annotations

import math
import operator
import re
import statistics
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from pipelines.extractors.tables import written

Value = float | str | bool | None
"""What a cell holds; None is an empty one."""
Cells = Mapping[tuple[int, int], tuple[Value, str]]
"""By row and column: what is stored, and the formula if nothing is."""

LONGEST = 1_000
"""Characters of a formula."""
LONGEST_TEXT = 32_767
"""Characters of a cell."""
_DEEPEST = 40
"""Cells that are computed inside each other, and brackets in brackets."""
_MOST_STEPS = 3_000_000
"""Cells looked at for all formulas of a workbook."""
_REFERENCE = re.compile(
    r"(?:'((?:[^']|'')+)'!|([^\W\d][\w.]*)!)?\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?"
)
_ERROR = re.compile(r"#[A-Z/0!?]+")


class NoResult(Exception):
    """A formula that is beyond what is computed here."""


class _TooDeep(NoResult):
    """A cell that is not known yet, below as many others as may be computed inside each other."""

    def __init__(self, at: tuple[str, int, int]) -> None:
        super().__init__(at)
        self.at = at


class Calculator:
    """Computes by the cells of sheets, which `cells_of` gives by title; None for a sheet that there is not."""

    def __init__(self, cells_of: Callable[[str], Cells | None]) -> None:
        self.cells_of = cells_of
        self.steps = 0
        self.known: dict[tuple[str, int, int], Value] = {}
        self.failed: set[tuple[str, int, int]] = set()
        self.waiting: dict[tuple[str, int, int], None] = {}
        """The cells that wait for one that is computed, each for the next."""
        self.above = 0
        """How many of them wait for the one that is asked for now."""

    def result(self, sheet: str, row: int, column: int) -> Value:
        """What the formula of a cell gives; None if it is not known."""
        asked = [((sheet, row, column), 0)]  # of a long chain of cells the lower ones first
        while asked:
            at, self.above = asked[-1]
            try:
                self.value(*at)
            except _TooDeep as deeper:
                asked.append((deeper.at, len(self.waiting)))
                continue
            except NoResult:
                pass
            asked.pop()
            while asked and len(self.waiting) > asked[-1][1]:  # that one begins anew
                self.waiting.popitem()
        self.waiting.clear()
        return self.known.get((sheet, row, column))

    def value(self, sheet: str, row: int, column: int) -> Value:
        cells = self.cells_of(sheet)
        self.steps += 1
        at = (sheet, row, column)
        if cells is None or self.steps > _MOST_STEPS or at in self.failed:
            raise NoResult
        stored, formula = cells.get((row, column), (None, ""))
        if isinstance(stored, str) and _ERROR.fullmatch(stored):
            raise NoResult
        if not formula:
            return stored
        if at not in self.known:
            self.known[at] = self._computed(at, formula)
        return self.known[at]

    def _computed(self, at: tuple[str, int, int], formula: str) -> Value:
        if at not in self.waiting and len(self.waiting) - self.above > _DEEPEST:
            raise _TooDeep(at)
        self.steps += len(formula)
        try:
            if at in self.waiting or len(formula) > LONGEST:
                raise NoResult
            self.waiting[at] = None
            found = _Formula(self, at[0], formula).value()
        except _TooDeep:
            raise
        except (NoResult, ArithmeticError, ValueError, TypeError, IndexError, RecursionError) as error:
            if isinstance(error, RecursionError) and len(self.waiting) > self.above + 1:  # brackets count as well
                self.waiting.pop(at, None)
                raise _TooDeep(at) from error
            self.failed.add(at)
            raise NoResult from error
        del self.waiting[at]
        return 0.0 if found is None else found

    def area(self, sheet: str, match: re.Match[str]) -> Iterator[Value]:
        """The values of the cells of a range such as B2:B9."""
        left, right = sorted((_column(match[3]), _column(match[5])))
        top, bottom = sorted((int(match[4]), int(match[6])))
        cells = self.cells_of(sheet)
        if cells is None:
            raise NoResult
        if (right - left + 1) * (bottom - top + 1) < len(cells):
            inside = [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
        else:
            self.steps += len(cells)
            inside = [(r, c) for r, c in cells if top <= r <= bottom and left <= c <= right]
        return (self.value(sheet, row, column) for row, column in inside)


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column


class _Formula:
    """One formula, read from left to right."""

    def __init__(self, calculator: Calculator, sheet: str, formula: str) -> None:
        from openpyxl.formula.tokenizer import Tokenizer, TokenizerError

        self.calculator, self.sheet, self.deep = calculator, sheet, 0
        try:
            self.tokens = [token for token in Tokenizer(formula).items if token.type != "WHITE-SPACE"]
        except TokenizerError as error:
            raise NoResult from error
        self.at = 0

    def value(self) -> Value:
        found = self._binary(0)
        if self.at < len(self.tokens):
            raise NoResult
        return _one(found)

    def _next(self, *types: str) -> Any:
        """The next token if it is of one of these types, taken; else None."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token.type not in types:
            return None
        self.at += 1
        return token

    def _binary(self, level: int) -> Any:
        if level == len(_LEVELS):
            return self._single()
        found = self._binary(level + 1)
        while self.at < len(self.tokens) and self.tokens[self.at].value in _LEVELS[level]:
            token = self._next("OPERATOR-INFIX")
            if token is None:
                break
            found = _LEVELS[level][token.value](_one(found), _one(self._binary(level + 1)))
        return found

    def _single(self) -> Any:
        sign = 1
        signed = False
        while token := self._next("OPERATOR-PREFIX"):
            sign, signed = sign * (-1 if token.value == "-" else 1), True
        found = self._operand()
        while self._next("OPERATOR-POSTFIX"):
            found = _number(_one(found)) / 100
        return sign * _number(_one(found)) if signed else found

    def _operand(self) -> Any:
        token = self._next("OPERAND", "FUNC", "PAREN")
        if token is None:
            raise NoResult
        if token.type == "OPERAND":
            return self._stored(token)
        self.deep += 1
        if token.subtype != "OPEN" or self.deep > _DEEPEST:
            raise NoResult
        given = [self._binary(0)] if self.tokens[self.at].subtype != "CLOSE" else []
        while self._next("SEP"):
            given.append(self._binary(0))
        if self._next(token.type) is None:
            raise NoResult
        self.deep -= 1
        if token.type == "PAREN":
            return given[0]
        function = _FUNCTIONS.get(token.value.upper().rstrip("("))
        if function is None:
            raise NoResult
        return function(*given)

    def _stored(self, token: Any) -> Any:
        """What stands in the formula itself, a cell's value, or the values of a range as a list."""
        if token.subtype == "NUMBER":
            return float(token.value)
        if token.subtype == "TEXT":
            return token.value[1:-1].replace('""', '"')
        if token.subtype == "LOGICAL":
            return token.value.upper() == "TRUE"
        match = _REFERENCE.fullmatch(token.value)
        if match is None:
            raise NoResult
        sheet = (match[1] or match[2] or self.sheet).replace("''", "'")
        if match[5]:
            return list(self.calculator.area(sheet, match))
        return [self.calculator.value(sheet, int(match[4]), _column(match[3]))]


def _one(value: Any) -> Any:
    """A single value, of a reference to one cell or as it is."""
    if isinstance(value, list):
        if len(value) != 1:
            raise NoResult
        return value[0]
    return value


def _number(value: Any) -> float:
    if isinstance(value, str):
        raise NoResult
    return float(value or 0)


def _joined(*given: Any) -> str:
    """Texts behind each other, as long as a cell may be: a few formulas that each double another's would fill any
    memory."""
    joined = "".join(map(written, given))
    if len(joined) > LONGEST_TEXT:
        raise NoResult
    return joined


def _numbers(*given: Any) -> list[float]:
    """Of ranges the numbers in them, as functions such as SUM take them; of what is given itself each."""
    found = []
    for each in given:
        if isinstance(each, list):
            found += [float(value) for value in each if isinstance(value, float)]
        else:
            found.append(_number(each))
    return found


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, str) and isinstance(second, str):
        return first.casefold() == second.casefold()
    blank = "" if isinstance(first or second, str) else 0
    return bool((blank if first is None else first) == (blank if second is None else second))


def _rounding(mode: str) -> Callable[[Any, Any], float]:
    def rounded(value: Any, places: Any = 0.0) -> float:
        step = Decimal(1).scaleb(-int(_number(_one(places))))
        return float((Decimal(repr(_number(_one(value)))) / step).quantize(Decimal(1), mode) * step)

    return rounded


def _subtotal(kind: Any, *areas: Any) -> Any:
    names = {1: "AVERAGE", 2: "COUNT", 3: "COUNTA", 4: "MAX", 5: "MIN", 6: "PRODUCT"}
    kind = int(_number(_one(kind)))
    if kind != 9 and kind not in names:  # beyond a hundred it leaves out hidden rows
        raise NoResult
    return _FUNCTIONS[names.get(kind, "SUM")](*areas)


def _count_all(*given: Any) -> float:
    return float(sum(value is not None for each in given for value in (each if isinstance(each, list) else [each])))


def _compared(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda first, second: compare(_number(first), _number(second))


_LEVELS: tuple[dict[str, Callable[[Any, Any], Any]], ...] = (
    {
        "=": _same,
        "<>": lambda first, second: not _same(first, second),
        "<": _compared(operator.lt),
        ">": _compared(operator.gt),
        "<=": _compared(operator.le),
        ">=": _compared(operator.ge),
    },
    {"&": lambda first, second: _joined(first, second)},
    {"+": lambda a, b: _number(a) + _number(b), "-": lambda a, b: _number(a) - _number(b)},
    {"*": lambda a, b: _number(a) * _number(b), "/": lambda a, b: _number(a) / _number(b)},
    {"^": lambda a, b: math.pow(_number(a), _number(b))},
)
"""Operators, those that bind less first."""

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SUM": lambda *given: math.fsum(_numbers(*given)),
    "AVERAGE": lambda *given: statistics.fmean(_numbers(*given)),
    "MEDIAN": lambda *given: statistics.median(_numbers(*given)),
    "MIN": lambda *given: min(_numbers(*given), default=0.0),
    "MAX": lambda *given: max(_numbers(*given), default=0.0),
    "PRODUCT": lambda *given: math.prod(_numbers(*given)),
    "COUNT": lambda *given: float(len(_numbers(*given))),
    "COUNTA": _count_all,
    "SUBTOTAL": _subtotal,
    "ABS": lambda value: abs(_number(_one(value))),
    "ROUND": _rounding(ROUND_HALF_UP),
    "ROUNDUP": _rounding(ROUND_UP),
    "ROUNDDOWN": _rounding(ROUND_DOWN),
    "IF": lambda test, yes, no=False: _one(yes if _number(_one(test)) else no),
    "CONCATENATE": lambda *given: _joined(*map(_one, given)),
}

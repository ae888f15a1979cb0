"""Characters that a document names by their place in a font of symbols, as the characters that are seen."""

from __future__ import annotations

import re

PRIVATE = re.compile("[\uf020-\uf0ff]")
"""Where fonts of symbols are mapped to."""

_LETTERS = zip("abcdefghiklmnopqrstuwxyz", "αβχδεφγηικλμνοπθρστυωξψζ", strict=True)
_SYMBOL = {ord(form(latin)): form(greek) for latin, greek in _LETTERS for form in (str.lower, str.upper)}
_SYMBOL |= {0x4A: "ϑ", 0x6A: "ϕ", 0xA2: "′", 0xA3: "≤", 0xA5: "∞", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB2: "″"}
_SYMBOL |= {0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xC5: "⊕", 0xC6: "∅", 0xCE: "∈"}
_SYMBOL |= {0xD0: "∠", 0xD6: "√", 0xD9: "∧", 0xDB: "⇔", 0xDE: "⇒", 0xE5: "∑", 0xF2: "∫"}
_WINGDINGS = {0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x71: "☐", 0x72: "☐"}
_WINGDINGS |= {0x78: "☒", 0x9F: "•", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xE0: "→", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓"}
_WINGDINGS |= {0xFD: "☒", 0xFE: "☑"}
_WINGDINGS_2 = {0x2A: "☐", 0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐"}
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2}


_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_EXPONENT = re.compile(r"[+\-−]?[0-9]{1,3}")


def raised(text: str, before: str) -> str:
    """What stands above the line behind the text `before`: figures behind others as exponents ('10³' is not 103), all
    else as it is."""
    return text.translate(_RAISED) if before[-1:].isdigit() and _EXPONENT.fullmatch(text.strip()) else text


def symbol(font: str, code: str) -> str:
    """What is seen of a character (hexadecimal) in a font; '' where that is not known."""
    try:
        at = int(code, 16)
    except ValueError:
        return ""
    known = _FONTS.get(font.strip().lower())
    if known is None:
        return chr(at) if 0x20 <= at < 0xD800 else ""
    at -= 0xF000 if at >= 0xF000 else 0  # such fonts are mapped into the private area
    return known.get(at, chr(at) if known is _SYMBOL and 0x20 <= at < 0x7F else "")

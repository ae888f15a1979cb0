"""Units as people write them, each in what it measures: 1.5 km are 1500 m, and no miles.

What units there are, and how they are converted, pint knows (https://pint.readthedocs.io); abbreviations, and names in
other languages, stand here, since by themselves most short words would be units ('as' is an attosecond).
"""

from __future__ import annotations

import re
import threading
from functools import cache, lru_cache
from typing import Any

_NAMES = {
    name: unit
    for unit, names in {
        "km": "km 公里 千米",
        "m": "m 米",
        "cm": "cm 厘米",
        "mm": "mm 毫米",
        "mile": "mi 英里",
        "foot": "ft feet 英尺",
        "inch": "inch inches 英寸",
        "yard": "yd",
        "kg": "kg kilo kilos 公斤 千克",
        "g": "g 克",
        "mg": "mg 毫克",
        "tonne": "t tonne tonnes tonnen 吨",
        "pound": "lb lbs 磅",
        "ounce": "oz",
        "liter": "l 升",
        "ml": "ml 毫升",
        "hectare": "ha hektar 公顷",
        "km**2": "km² km2 平方公里",
        "m**2": "m² m2 qm 平方米",
        "km/hour": "km/h kph 公里/小时",
        "mile/hour": "mph",
        "mile/gallon": "mpg",
        "second": "s sec secs 秒 sekunden secondes segundos",
        "minute": "min mins 分钟 minuten",
        "hour": "h hr hrs 小时 stunde stunden heure heures hora horas",
        "day": "天 tag tage tagen jour jours día días",
        "week": "周 woche wochen semaine semaines semana semanas",
        "month": "个月 monat monate monaten mois mes meses",
        "year": "yr yrs jahr jahre jahren ans année années año años",
        "10 year": "decade decades",
        "100 year": "century centuries 世纪",
        "degC": "°c ℃ celsius 摄氏度",
        "degF": "°f ℉ fahrenheit 华氏度",
        "W": "w",
        "kW": "kw",
        "MW": "mw",
        "GW": "gw",
        "kWh": "kwh",
        "MWh": "mwh",
        "GWh": "gwh",
        "TWh": "twh",
        "Hz": "hz",
        "kHz": "khz",
        "MHz": "mhz",
        "GHz": "ghz",
        "kilobyte": "kb",
        "megabyte": "mb",
        "gigabyte": "gb",
        "terabyte": "tb",
        "%": "% percent pct percentage prozent pour\u00a0cent",
        "$": "$ dollar dollars usd 美元",
        "€": "€ euro euros eur 欧元",
        "£": "£ gbp 英镑",
        "¥": "¥",
        "yuan": "yuan cny rmb 元 人民币",
        "yen": "yen jpy 日元 円",
    }.items()
    for name in names.split(" ")
} | {
    "per cent": "%",
    "per\u00a0cent": "%",
    "pour cent": "%",
    "miles per hour": "mile/hour",
    "miles per gallon": "mile/gallon",
    "kilometers per hour": "km/hour",
    "kilometres per hour": "km/hour",
    "km per hour": "km/hour",
    "m/s": "m/second",
    "degrees celsius": "degC",
    "degrees fahrenheit": "degF",
    "grad celsius": "degC",
}
SYMBOLS = "$€£¥"
_PLAIN = frozenset([*"%$€£¥", "yuan", "yen"])  # measured in nothing else
_SHORTEST = 4  # letters of a name that pint is asked for
_ALIKE = 3  # letters with which it must begin: 'cats' would be 'centitechnical_atmosphere'
_WRITTEN = re.compile(
    rf"[\s\u00a0-]?(?P<name>{'|'.join(map(re.escape, sorted(_NAMES, key=len, reverse=True)))})"
    r"(?:(?<=[^a-z])|(?![^\W\d_]|[²'’]|\.\s?[A-Z]))"
    rf"|[\s\u00a0-](?P<word>[a-z]{{{_SHORTEST},20}})\b",
    re.IGNORECASE,
)
_lock = threading.Lock()


def unit_at(text: str, at: int) -> tuple[str, int] | None:
    """The unit that stands at a place of a text, behind a number, and where it ends."""
    match = _WRITTEN.match(text, at)
    unit = match and _unit(match["name"] or match["word"])
    return (unit, match.end()) if match and unit else None


def units(text: str) -> set[str]:
    """The units that a text names, such as the header row of a table."""
    return {unit for word in re.findall(rf"[{SYMBOLS}%]|°\w|[\w²]+", text.lower()) if (unit := _unit(word))}


def measured(number: float, unit: str) -> tuple[str, float]:
    """What a number of a unit measures, and how much of that, in base units: (1.5, 'km') → ('[length]', 1500.0)."""
    if not unit or unit in _PLAIN:
        return unit, number
    quantity = _registry().Quantity(number, _known(unit)).to_base_units()
    return str(quantity.dimensionality), float(quantity.magnitude)


@lru_cache(maxsize=10_000)
def _unit(word: str) -> str:
    """The unit that a word names; '' for all other words."""
    known = _NAMES.get(word.lower())
    if known is not None or len(word) < _SHORTEST or not (word.isascii() and word.isalpha()):
        return known or ""
    try:
        name = str(_registry().get_name(word.lower()))
    except Exception:  # words that cannot be parsed fail in many ways
        return ""
    measures = name and _registry().Quantity(1, name).dimensionality
    return name if measures and name[:_ALIKE] == word.lower()[:_ALIKE] else ""


@cache
def _known(unit: str) -> Any:
    return _registry().Quantity(unit) if " " in unit else _registry().Unit(unit)


def _registry() -> Any:
    with _lock:
        return _made()


@cache
def _made() -> Any:
    from pint import UnitRegistry

    return UnitRegistry(autoconvert_offset_to_baseunit=True)

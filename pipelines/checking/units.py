"""Units as people write them, each under one name, so that 5 km are not taken for 5 miles."""

from __future__ import annotations

import re

UNITS = {
    name: unit
    for unit, names in {
        "%": "% percent per\u00a0cent pct percentage prozent",
        "km": "km kilometre kilometres kilometer kilometers 公里 千米",
        "m": "m metre metres meter meters 米",
        "cm": "cm centimetre centimetres centimeter centimeters 厘米",
        "mm": "mm millimetre millimetres millimeter millimeters 毫米",
        "mile": "mile miles mi 英里",
        "foot": "foot feet ft 英尺",
        "inch": "inch inches 英寸",
        "yard": "yard yards yd",
        "kg": "kg kilogram kilograms kilo kilos 公斤 千克",
        "g": "g gram grams 克",
        "mg": "mg milligram milligrams 毫克",
        "t": "tonne tonnes 吨",
        "ton": "ton tons",
        "lb": "lb lbs pound pounds 磅",
        "ounce": "oz ounce ounces",
        "l": "l litre litres liter liters 升",
        "ml": "ml millilitre millilitres milliliter milliliters 毫升",
        "gallon": "gallon gallons",
        "barrel": "barrel barrels",
        "ha": "ha hectare hectares 公顷",
        "acre": "acre acres",
        "km2": "km² km2 平方公里",
        "m2": "m² m2 平方米",
        "second": "s sec secs second seconds 秒",
        "minute": "min mins minute minutes 分钟",
        "hour": "h hr hrs hour hours 小时",
        "day": "day days 天",
        "week": "week weeks 周",
        "month": "month months 个月",
        "year": "year years yr yrs",
        "decade": "decade decades",
        "century": "century centuries 世纪",
        "°C": "°c ℃ celsius 摄氏度",
        "°F": "°f ℉ fahrenheit 华氏度",
        "$": "$ dollar dollars usd 美元",
        "€": "€ euro euros eur 欧元",
        "£": "£ gbp 英镑",
        "¥": "¥ yuan yen cny jpy rmb 元 人民币 日元",
        "kW": "kw kilowatt kilowatts",
        "W": "w watt watts",
        "MB": "mb megabyte megabytes",
        "GB": "gb gigabyte gigabytes",
        "kB": "kb kilobyte kilobytes",
    }.items()
    for name in names.split()
}
UNITS |= dict.fromkeys(("per cent",), "%")
UNITS |= dict.fromkeys(("mpg", "miles per gallon"), "mpg")
UNITS |= dict.fromkeys(("mph", "miles per hour"), "mph")
UNITS |= dict.fromkeys(("km/h", "kph", "kilometres per hour", "kilometers per hour", "公里/小时"), "km/h")
SYMBOLS = "$€£¥"


def units(text: str) -> set[str]:
    """The units that a text names, such as the header row of a table."""
    return {UNITS[word] for word in re.findall(rf"[{SYMBOLS}%]|°\w|\w+", text.lower()) if word in UNITS}


def agree(unit: str, other: str) -> bool:
    """Two units are the same, or one of them is not known."""
    return not unit or not other or unit == other

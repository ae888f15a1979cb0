"""The figures of the story behind samples/, once: whoever writes a file takes them from here.

The restoration of the lighthouse at Marrow Point, an invented place with invented people. Sums are
computed from their parts, so they cannot disagree.
"""

from __future__ import annotations

import math

HEIGHT = 31.4
"""Metres, as surveyed. The web page says 34 on purpose; the workshop notes tell which one is right and why."""

LEVELS = [  # level, room, floor in metres above the doorstep, wall in m, moisture NW %, moisture SE %, main defect
    (0, "Entrance hall", 0.0, 2.10, 14.2, 11.8, "salt on the plaster"),
    (1, "Oil store", 4.1, 1.95, 16.9, 12.4, "air brick blocked"),
    (2, "Store room", 8.3, 1.80, 19.5, 13.1, "render cracked"),
    (3, "Bedroom", 12.6, 1.60, 24.8, 14.0, "window 5 lets in rain"),
    (4, "Living room", 16.8, 1.45, 21.3, 13.6, "mortar joints open"),
    (5, "Watch room", 21.4, 1.20, 17.7, 12.9, "end of floor beam rusted"),
]
LANTERN = (6, "Lantern room", 26.2)

LENS = [(1, 2, 0), (2, 5, 2), (3, 1, 0), (4, 3, 0), (5, 6, 2), (6, 0, 0), (7, 4, 1), (8, 2, 1)]
"""Panel, chipped prisms, missing prisms."""
PRISMS_A_PANEL = 33

WORKS = [  # priority, work, the survey's estimate, the quote accepted, paid by 31 October 2024; in pounds
    ("A", "Re-point the north-west face with lime mortar", 18_400, 17_950, 0),
    ("A", "Replace window 5 (bedroom)", 3_150, 3_150, 1_050),
    ("A", "Repair the railing of the gallery", 6_700, 7_260, 0),
    ("B", "Replace six missing prisms of the lens", 4_900, 3_050, 1_850),
    ("B", "Treat the rusted floor beam (watch room)", 2_450, 2_450, 0),
    ("C", "Lime-wash the outside, two coats", 7_800, 7_400, 0),
    ("C", "Clear the air bricks, new vents", 950, 890, 890),
]
SCAFFOLDING, CONTINGENCY = 9_600, 3_000
BIDS = [("Bidder A", 11_250, "12 weeks"), ("Bidder B", SCAFFOLDING, "14 weeks"), ("Bidder C", 10_480, "14 weeks")]
DONATIONS = [
    ("April", 640, 21),
    ("May", 915, 34),
    ("June", 1_480, 52),
    ("July", 1_225, 47),
    ("August", 2_060, 88),
    ("September", 1_340, 41),
    ("October", 760, 19),
]
"""Month of 2024, pounds, number of gifts."""
INCOME = [
    ("Coastal heritage grant", 30_000),
    ("County council", 10_000),
    ("Donations, April to October 2024", sum(pounds for _, pounds, _ in DONATIONS)),
    ("Membership fees", 2_600),
    ("Open days, tickets", 1_330),
]
ESTIMATES = sum(work[2] for work in WORKS)
QUOTES = sum(work[3] for work in WORKS)
COST = QUOTES + SCAFFOLDING + CONTINGENCY
RAISED = sum(pounds for _, pounds in INCOME)
MISSING = COST - RAISED

ALARM = 85
"""Percent of humidity from which the monitor rings."""


def readings() -> list[tuple[str, str, float, int]]:
    """Date, time, degrees Celsius and percent humidity in the bedroom, twice a day in October 2024: 62 rows."""
    rows = []
    storm = {15: 84, 16: 88, 17: 93, 18: 90, 19: 87, 20: 83, 21: 81}  # row 17 is the evening of the 9th
    for row in range(62):
        evening = row % 2
        degrees = round(13.4 - row * 0.055 + 1.1 * evening + 0.8 * math.sin(row * 0.9), 1)
        percent = storm.get(row, round(74 + 4 * math.sin(row * 0.35) + 3 * math.sin(row * 1.7) - evening))
        rows.append((f"2024-10-{row // 2 + 1:02}", "20:00" if evening else "08:00", degrees, percent))
    return rows


def pounds(amount: int) -> str:
    return f"£{amount:,}"


FLASHES = [
    ("First flash", "0.0 s", "0.6 s"),
    ("Dark", "0.6 s", "2.8 s"),
    ("Second flash", "3.4 s", "0.6 s"),
    ("Dark", "4.0 s", "11.0 s"),
]
"""What a ship sees in 15 seconds: what, from when, how long."""
LAMPS = [
    ("Light source", "filament bulb", "LED module"),
    ("Power", "1,000 W", "36 W"),
    ("Life", "800 hours", "50,000 hours"),
    ("Price", "£64", "£212"),
]
"""What, the old lamp, the new lamp."""
TELEPHONES = [
    ("1", "Harbour office", "01632 960417"),
    ("2", "Site manager", "01632 960582"),
    ("3", "Coastguard", "01632 960903"),
]
"""Order, who, number; from the range that is kept for invented numbers."""
WATCHES = [
    ("First watch", "20:00", "midnight"),
    ("Middle watch", "midnight", "04:00"),
    ("Last watch", "04:00", "08:00"),
]

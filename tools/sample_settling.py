"""Takes the time of making out of zip documents, and puts the results of formulas into spreadsheets."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path


def settle(path: Path, made: str, values: dict[str, float] | None = None) -> None:
    """Gives every date in a zip document the day `made`, and formulas the `values` that a spreadsheet program shows.

    `values` maps 'xl/worksheets/sheet1.xml!B5' to the result of the formula in that cell.
    """
    year, month, day = (int(part) for part in made.split("-"))
    with zipfile.ZipFile(path) as old:
        members = [(info.filename, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members:
            if name == "docProps/core.xml":
                data = re.sub(
                    rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + made.encode() + b"T12:00:00Z", data
                )
            for cell, value in (values or {}).items():
                sheet, reference = cell.split("!")
                if sheet == name:
                    wanted = rf'(<c r="{reference}"[^>]*><f>[^<]*</f>)<v ?/?>(</v>)?'.encode()
                    data, count = re.subn(wanted, rb"\g<1><v>" + str(value).encode() + b"</v>", data)
                    assert count == 1, f"no formula in {cell}"
            info = zipfile.ZipInfo(name, (year, month, day, 12, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(info, data)

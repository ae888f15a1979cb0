"""Writes the budget of the sample library as an XLSX of three sheets."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import sample_facts as facts
from openpyxl.styles import Alignment, Font, PatternFill
from sample_settling import settle

BLUE, PALE = "1F4E6B", "E6EEF2"


def budget(path: Path) -> None:
    """The budget as at 31 October 2024 on three sheets; the sums are formulas that carry their results."""
    book = openpyxl.Workbook()
    book.properties.creator = "Daniel Frost"
    summary, works, gifts = book.active, book.create_sheet("Works"), book.create_sheet("Donations")
    assert summary is not None
    summary.title = "Summary"
    last = len(facts.WORKS) + 3
    works_rows: list[tuple[object, ...]] = [
        ("Works, in pounds",),
        (),
        ("Priority", "Work", "Estimate (survey)", "Quote accepted", "Paid so far", "Still to pay"),
    ]
    works_rows += [(*work, f"=D{row}-E{row}") for row, work in enumerate(facts.WORKS, start=4)]
    works_rows.append(("", "Total", *(f"=SUM({column}4:{column}{last})" for column in "CDEF")))
    gift_rows: list[tuple[object, ...]] = [
        ("Donations 2024, in pounds",),
        (),
        ("Month", "Amount", "Number of gifts"),
        *facts.DONATIONS,
        ("Total", "=SUM(B4:B10)", "=SUM(C4:C10)"),
    ]
    rows: list[tuple[object, ...]] = [
        ("Restoration budget as at 31 October 2024, in pounds",),
        (),
        ("Income", "Amount"),
        *facts.INCOME,
        ("Total raised", "=SUM(B4:B8)"),
        (),
    ]
    rows[6 - 1] = (facts.INCOME[2][0], "=Donations!B11")
    rows += [
        ("Cost", "Amount"),
        ("Works, quotes accepted", f"=Works!D{last + 1}"),
        ("Scaffolding (bidder B)", facts.SCAFFOLDING),
        ("Reserve", facts.CONTINGENCY),
        ("Total cost", "=SUM(B12:B14)"),
        (),
        ("Still to be found", "=B15-B9"),
    ]
    for sheet, content, widths, bold in (
        (summary, rows, (42, 14), (9, 15, 17)),
        (works, works_rows, (10, 48, 18, 16, 14, 14), (last + 1,)),
        (gifts, gift_rows, (16, 12, 16), (11,)),
    ):
        for row in content:
            sheet.append(row)
        for letter, width in zip("ABCDEF", widths, strict=False):
            sheet.column_dimensions[letter].width = width
        for cells in sheet.iter_rows():
            for cell in cells:
                cell.number_format = (
                    "#,##0" if not isinstance(cell.value, str) or cell.value.startswith("=") else "General"
                )
                if cell.value in {"Income", "Cost", "Amount", "Priority", "Month", "Number of gifts"} or (
                    sheet is works and cell.row == 3
                ):
                    cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor=BLUE)
                    cell.alignment = Alignment(horizontal="left" if cell.column_letter == "A" else "right")
                elif cell.row in bold:
                    cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=PALE)
        sheet["A1"].font = Font(bold=True, size=14, color=BLUE)
        sheet["A1"].number_format = "General"
    book.save(path)
    totals = [sum(amounts) for amounts in zip(*(work[2:] for work in facts.WORKS), strict=True)]
    results: dict[str, float] = {
        f"xl/worksheets/sheet2.xml!F{row}": work[3] - work[4] for row, work in enumerate(facts.WORKS, start=4)
    }
    results |= {
        f"xl/worksheets/sheet2.xml!{column}{last + 1}": value
        for column, value in zip("CDEF", (*totals, totals[1] - totals[2]), strict=True)
    }
    results |= {
        "xl/worksheets/sheet3.xml!B11": facts.INCOME[2][1],
        "xl/worksheets/sheet3.xml!C11": sum(gift[2] for gift in facts.DONATIONS),
    }
    results |= {
        f"xl/worksheets/sheet1.xml!{cell}": value
        for cell, value in (
            ("B6", facts.INCOME[2][1]),
            ("B9", facts.RAISED),
            ("B12", facts.QUOTES),
            ("B15", facts.COST),
            ("B17", facts.MISSING),
        )
    }
    settle(path, "2024-10-31", results)

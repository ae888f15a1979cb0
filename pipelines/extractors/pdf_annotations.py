"""Notes and form fields of a PDF page, read through pdfium's C interface. The caller holds PDFIUM_LOCK.

A field is told by what is printed beside it, as a person sees it; else by its description, else by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.extractors.lines import Rectangle, Run, joined_text
from pipelines.extractors.pdf_attachments import MOST_ANNOTATIONS, is_attached
from pipelines.extractors.pdf_characters import View
from pipelines.extractors.pdf_strings import wide_text

_FARTHEST = 160.0
"""Points between a field and what is printed beside it."""
_HIGHEST = 20.0
"""Points between a field and what is printed above it."""
_LONGEST_LABEL = 120
_HIDDEN = 2
_PASSWORD = 1 << 13
_MOST_OPTIONS = 500
_MOST_TOLD = 500_000
"""Characters of a page's fields and notes together, a long one of which may be named by thousands."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a note or field says, where it stands in the view, and whether a file hangs on it."""

    text: str
    rectangle: Rectangle
    file: bool = False


def annotations_of(page: Any, view: View, runs: Sequence[Run], right: bool) -> list[Told]:
    """Fields that are filled in or ticked, boxes that are not, then notes. `runs` are what is printed upright, from
    right to left where `right` says so."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    fields, notes = list[Told](), list[Told]()
    rectangle, left = raw.FS_RECTF(), _MOST_TOLD
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MOST_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            if not raw.FPDFAnnot_GetRect(annotation, rectangle) or raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
                continue
            at = view.rectangle(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
            subtype = raw.FPDFAnnot_GetSubtype(annotation)
            if subtype == raw.FPDF_ANNOT_WIDGET:
                told = Told(_field(annotation, page.formenv, at, runs, right), at)
            else:
                told = Told(_note(annotation), at, is_attached(annotation))
            left -= len(told.text)
            if left < 0:
                break
            (fields if subtype == raw.FPDF_ANNOT_WIDGET else notes).append(told)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return [told for told in (*fields, *notes) if told.text or told.file]


def _note(annotation: Any) -> str:
    """What a note says, and who says it."""
    import pypdfium2.raw as raw

    subtype = raw.FPDFAnnot_GetSubtype(annotation)
    if subtype in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
        return ""
    text = _string(annotation, b"Contents")
    author = _string(annotation, b"T")
    if not text or subtype == raw.FPDF_ANNOT_FREETEXT:  # which stands on the page as if it were printed there
        return text
    return f"Note by {author}: {text}" if author else f"Note: {text}"


def _field(annotation: Any, formenv: Any, at: Rectangle, runs: Sequence[Run], right: bool) -> str:
    import pypdfium2.raw as raw

    if formenv is None:  # the form is damaged: what stands in the field itself
        name, value = _string(annotation, b"T"), _string(annotation, b"V")
        return "" if value in ("", "Off") else f"{name}: {value}" if name else value
    form = formenv.raw
    sort = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if sort in (raw.FPDF_FORMFIELD_PUSHBUTTON, raw.FPDF_FORMFIELD_SIGNATURE):
        return ""

    def told(call: Callable[..., int]) -> str:
        return wide_text(lambda buffer, length: call(form, annotation, buffer, length))

    name = told(raw.FPDFAnnot_GetFormFieldAlternateName) or told(raw.FPDFAnnot_GetFormFieldName).rpartition(".")[2]
    if sort in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        label = _printed_beside(at, runs, not right) or _printed_beside(at, runs, right)
        if sort == raw.FPDF_FORMFIELD_RADIOBUTTON and not label:
            label = told(raw.FPDFAnnot_GetFormFieldExportValue)
        return f"{'☒' if raw.FPDFAnnot_IsChecked(form, annotation) else '☐'} {label or name}".strip()
    if raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
        return ""
    value = ", ".join(_chosen(form, annotation)) or told(raw.FPDFAnnot_GetFormFieldValue)
    if not value:
        return ""
    label = _printed_beside(at, runs, right) or _printed_above(at, runs) or name
    return f"{label}: {value}" if label else value


def _chosen(form: Any, annotation: Any) -> Iterator[str]:
    """What is chosen of a list, as it is shown."""
    import pypdfium2.raw as raw

    def label(n: int) -> str:
        return wide_text(lambda buffer, length: raw.FPDFAnnot_GetOptionLabel(form, annotation, n, buffer, length))

    for n in range(min(raw.FPDFAnnot_GetOptionCount(form, annotation), _MOST_OPTIONS)):
        if raw.FPDFAnnot_IsOptionSelected(form, annotation, n):
            yield label(n)


def _printed_beside(at: Rectangle, runs: Sequence[Run], right: bool) -> str:
    """What is printed in the same line next to a field: before it, or behind it where `right`."""
    x0, y0, x1, y1 = at
    line = [run for run in runs if y0 - 2 <= run.middle <= y1 + 2]
    if right:
        near = sorted((run for run in line if run.x0 >= x1 - 4), key=lambda run: run.x0)
        gaps = [run.x0 - before for run, before in zip(near, [x1, *(run.x1 for run in near)], strict=False)]
    else:
        near = sorted((run for run in line if run.x1 <= x0 + 4), key=lambda run: -run.x1)
        gaps = [before - run.x1 for run, before in zip(near, [x0, *(run.x0 for run in near)], strict=False)]
    if not near or gaps[0] > _FARTHEST:
        return ""
    last = next((n for n in range(1, len(near)) if gaps[n] > near[n].size), len(near))
    return _label(sorted(near[:last], key=lambda run: run.x0))


def _printed_above(at: Rectangle, runs: Sequence[Run]) -> str:
    x0, y0, x1, _ = at
    above = [run for run in runs if run.x0 < x1 and x0 < run.x1 and -2 <= y0 - run.y1 <= _HIGHEST]
    lowest = max((run.middle for run in above), default=0.0)
    return _label([run for run in above if abs(run.middle - lowest) < 2])


def _label(runs: Sequence[Run]) -> str:
    text = " ".join(joined_text(runs).split()).strip(" :：.…_")
    return text if len(text) <= _LONGEST_LABEL and any(map(str.isalnum, text)) else ""


def _string(annotation: Any, key: bytes) -> str:
    import pypdfium2.raw as raw

    return wide_text(lambda buffer, length: raw.FPDFAnnot_GetStringValue(annotation, key, buffer, length))

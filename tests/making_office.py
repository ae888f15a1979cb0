"""Makes small Word and PowerPoint files from the XML that a test is about, also such as no library of ours writes."""

from __future__ import annotations

from pathlib import Path

from tests.making_files import make_zip

_OPEN = "http://schemas.openxmlformats.org"
_NAMES = {
    "w": f"{_OPEN}/wordprocessingml/2006/main",
    "p": f"{_OPEN}/presentationml/2006/main",
    "a": f"{_OPEN}/drawingml/2006/main",
    "c": f"{_OPEN}/drawingml/2006/chart",
    "dgm": f"{_OPEN}/drawingml/2006/diagram",
    "m": f"{_OPEN}/officeDocument/2006/math",
    "r": f"{_OPEN}/officeDocument/2006/relationships",
    "mc": f"{_OPEN}/markup-compatibility/2006",
    "cx": "http://schemas.microsoft.com/office/drawing/2014/chartex",
    "p188": "http://schemas.microsoft.com/office/powerpoint/2018/8/main",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "v": "urn:schemas-microsoft-com:vml",
}
DECLARED = " ".join(f'xmlns:{short}="{name}"' for short, name in _NAMES.items())

Parts = dict[str, str | bytes]
"""By kind and id, 'footnotes' or 'chart rId5': what a document points to."""


def make_docx(path: Path, body: str, parts: Parts | None = None) -> Path:
    root = f"<w:document {DECLARED}><w:body>{body}</w:body></w:document>"
    return make_zip(path, _related("", {"officeDocument": "word/document.xml"}, "word/document.xml", root, parts or {}))


def make_pptx(path: Path, slides: list[str], parts: Parts | None = None, deck: Parts | None = None) -> Path:
    """`slides` are trees of shapes, or whole slides where they begin with '<p:sld'; `parts` belong to the first."""
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="s{n}"/>' for n in range(len(slides)))
    root = f'<p:presentation {DECLARED}><p:sldIdLst>{ids}</p:sldIdLst><p:sldSz cx="1000" cy="500"/></p:presentation>'
    whole = [one if one.startswith("<p:sld") else f"<p:sld>{tree(one)}</p:sld>" for one in slides]
    deck = {f"slide s{n}": one.replace("<p:sld", f"<p:sld {DECLARED}", 1) for n, one in enumerate(whole)} | (deck or {})
    members = _related("", {"officeDocument": "ppt/presentation.xml"}, "ppt/presentation.xml", root, deck)
    return make_zip(path, members | _parts_of("ppt/slide0.xml", parts or {}))


def tree(shapes: str) -> str:
    return f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"


def shape(text: str, role: str = "") -> str:
    holder = f'<p:nvSpPr><p:nvPr><p:ph type="{role}"/></p:nvPr></p:nvSpPr>' if role else ""
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f"<p:sp>{holder}<p:txBody>{lines}</p:txBody></p:sp>"


def graphic(inner: str) -> str:
    return f"<a:graphic><a:graphicData>{inner}</a:graphicData></a:graphic>"


def para(text: str = "", properties: str = "", inside: str = "") -> str:
    run = f"<w:r><w:t xml:space='preserve'>{text}</w:t></w:r>" if text else ""
    return f"<w:p><w:pPr>{properties}</w:pPr>{run}{inside}</w:p>"


def table(*rows: list[str]) -> str:
    """Of cells that are texts, or XML where they begin with '<'."""
    cells = [[f"<w:tc>{cell if cell.startswith('<') else para(cell)}</w:tc>" for cell in row] for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{chr(10).join(row)}</w:tr>' for row in cells)}</w:tbl>"


def root(name: str, inner: str) -> str:
    return f"<{name} {DECLARED}>{inner}</{name}>"


def _related(source: str, kinds: dict[str, str], member: str, xml: str, parts: Parts) -> Parts:
    relations = "".join(f'<Relationship Id="{k}" Type="{_OPEN}/x/{k}" Target="{t}"/>' for k, t in kinds.items())
    top: Parts = {"_rels/.rels": f"<Relationships>{relations}</Relationships>", member: xml}
    return top | _parts_of(member, parts)


def _parts_of(member: str, parts: Parts) -> Parts:
    folder, _, base = member.rpartition("/")
    relations, members = "", Parts()
    for called, content in parts.items():
        kind, _, identifier = called.partition(" ")
        name = f"{kind}{identifier.removeprefix('s')}.xml" if kind == "slide" else f"{base}-{kind}{identifier}.bin"
        identifier = identifier or kind
        relations += f'<Relationship Id="{identifier}" Type="{_OPEN}/x/{kind}" Target="{name}"/>'
        members[f"{folder}/{name}"] = content
    members[f"{folder}/_rels/{base}.rels"] = f"<Relationships>{relations}</Relationships>"
    return members


def a_chart(kind: str, *series: str, title: str = "", axes: str = "") -> str:
    named = (
        f"<c:title><c:tx><c:rich><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:rich></c:tx></c:title>" if title else ""
    )
    plot = f"<c:plotArea><c:{kind}>{''.join(series)}</c:{kind}>{axes}</c:plotArea>"
    return root("c:chartSpace", f"<c:chart>{named}{plot}</c:chart>")


def a_series(name: str, categories: list[str], values: list[str], more: str = "", form: str = "General") -> str:
    return (
        f"<c:ser><c:tx><c:v>{name}</c:v></c:tx>{points('cat', categories)}{points('val', values, form)}{more}</c:ser>"
    )


def points(name: str, values: list[str], form: str = "") -> str:
    held = "".join(f'<c:pt idx="{n}"><c:v>{value}</c:v></c:pt>' for n, value in enumerate(values) if value)
    return f"<c:{name}><c:numLit><c:formatCode>{form}</c:formatCode>{held}</c:numLit></c:{name}>"


def a_diagram(texts: list[tuple[int, str]], below: list[tuple[int, int]]) -> str:
    """`below` are pairs of a text and one that belongs to it, in order."""
    held = "".join(
        f'<dgm:pt modelId="{n}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>' for n, text in texts
    )
    links = "".join(f'<dgm:cxn srcId="{a}" destId="{b}" srcOrd="{n}"/>' for n, (a, b) in enumerate(below))
    return root("dgm:dataModel", f"<dgm:ptLst>{held}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst>")

"""Charts of every kind as tables with their numbers."""

from __future__ import annotations

import pytest

from indexes.records import Place
from pipelines.extractors.archives import parse_xml
from pipelines.extractors.charts import chart_pieces
from tests.making_office import a_chart, a_series, points, root


def read(xml: str) -> list[str]:
    pieces = list(chart_pieces(parse_xml(xml.encode()), Place(slide=3), "Sales"))
    assert {(piece.place.slide, piece.heading) for piece in pieces} <= {(3, "Sales")}
    return [piece.text for piece in pieces]


@pytest.mark.parametrize("kind", ["barChart", "line3DChart", "doughnutChart", "radarChart", "stockChart", "ofPieChart"])
def test_series_share_the_table_of_their_categories(kind: str) -> None:
    series = [a_series("Visitors", ["Q1", "Q2"], ["1200", "1850"]), a_series("Buyers", ["Q1", "Q2"], ["110.5", ""])]
    assert read(a_chart(kind, *series, title="Traffic")) == [
        "Traffic",
        "Category | Visitors | Buyers\nQ1 | 1200 | 110.5\nQ2 | 1850",
    ]


def test_points_of_a_scatter_chart_have_their_x_and_bubbles_their_size() -> None:
    def axis(place: str, title: str) -> str:
        words = f"<c:title><c:tx><c:rich><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:rich></c:tx></c:title>"
        return f'<c:valAx><c:axPos val="{place}"/>{words}</c:valAx>'

    first = f"<c:ser><c:tx><c:v>A</c:v></c:tx>{points('xVal', ['1.5', '2'])}{points('yVal', ['10', '20'])}</c:ser>"
    second = first.replace("<c:v>1.5<", "<c:v>7<").replace("</c:ser>", f"{points('bubbleSize', ['3', '4'])}</c:ser>")
    axes = axis("l", "Yield in t") + axis("b", "Rain")
    assert read(a_chart("bubbleChart", first, second.replace("<c:v>A<", "<c:v>B<"), axes=axes)) == [
        "Values: Yield in t",
        "Rain | A\n1.5 | 10\n2 | 20",
        "Rain | B | B, size\n7 | 10 | 3\n2 | 20 | 4",
    ]


def test_values_are_told_as_they_are_shown() -> None:
    share = a_series("Share", ["46085", "46086"], ["0.075", "0.3"], form="0.0%")
    share = share.replace("<c:formatCode></c:formatCode>", '<c:formatCode>d\\.\\ mmm" of "yyyy</c:formatCode>')
    assert read(a_chart("lineChart", share)) == ["Category | Share\n2026-03-04 | 7.5%\n2026-03-05 | 30%"]


def test_categories_in_levels_have_what_stands_above_them() -> None:
    def level(*texts: str) -> str:
        held = "".join(f'<c:pt idx="{n}"><c:v>{text}</c:v></c:pt>' for n, text in enumerate(texts) if text)
        return f"<c:lvl>{held}</c:lvl>"

    levels = f"<c:cat><c:multiLvlStrRef>{level('Q1', 'Q2', 'Q1')}{level('2025', '', '2026')}</c:multiLvlStrRef></c:cat>"
    series = f"<c:ser>{levels}{points('val', ['1', '2', '3'])}</c:ser>"
    assert read(a_chart("barChart", series)) == ["Category | Value\n2025 Q1 | 1\n2025 Q2 | 2\n2026 Q1 | 3"]


def test_charts_of_the_newer_kinds() -> None:
    def dimension(name: str, kind: str, *texts: str) -> str:
        held = "".join(f'<cx:pt idx="{n}">{text}</cx:pt>' for n, text in enumerate(texts))
        return f'<cx:{name} type="{kind}"><cx:lvl>{held}</cx:lvl></cx:{name}>'

    data = dimension("strDim", "cat", "Start", "Costs") + dimension("numDim", "val", "900", "-250")
    series = (
        '<cx:series layoutId="waterfall"><cx:tx><cx:txData><cx:v>Cash</cx:v></cx:txData></cx:tx><cx:dataId val="0"/>'
    )
    plot = (
        f"<cx:chart><cx:plotArea><cx:plotAreaRegion>{series}</cx:series></cx:plotAreaRegion></cx:plotArea></cx:chart>"
    )
    chart = root("cx:chartSpace", f'<cx:chartData><cx:data id="0">{data}</cx:data></cx:chartData>{plot}')
    assert read(chart) == ["Category | Cash\nStart | 900\nCosts | -250"]


def test_a_chart_of_nonsense_is_no_error() -> None:
    odd = (
        '<c:ser><c:val><c:numLit><c:pt idx="999999999999"><c:v>1</c:v></c:pt><c:pt idx="x"/></c:numLit></c:val></c:ser>'
    )
    assert read(a_chart("pieChart", odd, "<c:ser/>")) == []
    assert read(root("c:chartSpace", "")) == []

"""Equations on one line."""

from __future__ import annotations

import pytest

from pipelines.extractors.archives import parse_xml
from pipelines.extractors.formulas import formula
from tests.making_office import root


def run(text: str) -> str:
    return f"<m:r><m:rPr/><m:t>{text}</m:t></m:r>"


def part(name: str, *inner: str) -> str:
    return f"<m:{name}>{''.join(inner)}</m:{name}>"


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (run("v=") + part("f", part("num", run("s")), part("den", run("t"))), "v=s/t"),
        (part("f", part("num", run("a+b")), part("den", run("2"))), "(a+b)/2"),
        (part("sSup", part("e", run("10")), part("sup", run("−6"))), "10^−6"),
        (part("sSubSup", part("e", run("x")), part("sub", run("i")), part("sup", run("n+1"))), "x_i^(n+1)"),
        (part("rad", part("deg", run("3")), part("e", run("1-x"))), "3√(1-x)"),
        (run("f") + part("d", part("e", run("x")), part("e", run("y"))), "f(x|y)"),
        (part("d", '<m:dPr><m:begChr m:val="["/><m:endChr m:val=""/></m:dPr>', part("e", run("x"))), "[x"),
        (
            part("nary", '<m:naryPr><m:chr m:val="∑"/></m:naryPr>', part("sub", run("i=1")), part("e", run("i"))),
            "∑_(i=1) i",
        ),
        (part("eqArr", part("e", run("x=1")), part("e", run("2y=3"))), "x=1; 2y=3"),
        (
            run("x") + part("func", part("fName", run("sin")), part("e", run("y"))) + run("+1"),
            "x sin(y)+1",
        ),
        (part("func", part("fName", run("cos")), part("e", part("d", part("e", run("a+b"))))), "cos(a+b)"),
        (part("m", part("mr", part("e", run("1")), part("e", run("0"))), part("mr", part("e", run("7")))), "[1, 0; 7]"),
    ],
)
def test_equations_as_people_type_them(xml: str, expected: str) -> None:
    assert formula(parse_xml(root("m:oMath", xml).encode())) == expected

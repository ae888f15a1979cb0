"""Key–value records as rows of a table."""

import pytest

from pipelines.tables.records import pairs_of, shared_keys, table_of


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("Status: unpaid", ("Status", "unpaid")),
        ("- **Total due:** 120 EUR", ("Total due", "120 EUR")),
        ("Invoice no | R-17", ("Invoice no", "R-17")),
        ("状态：未付 ", ("状态", "未付")),
        ("客户： 林", ("客户", "林")),
        ("Opened at 18:30", None),
        ("Note that the following is what was meant by all of them: nothing", None),
        ("https://example.org: no", None),
        ("a | b | c", None),
        ("Status:", None),
    ],
)
def test_a_line_with_a_key_and_a_value(line: str, pair: tuple[str, str] | None) -> None:
    found = [(each.key, each.value) for each in pairs_of(line)]
    assert found == ([pair] if pair else [])


def test_a_hostile_line_is_read_at_once() -> None:
    assert list(pairs_of("Name: " + "_" * 100_000 + " " + "x" * 300)) == []


def test_pairs_say_where_they_stand() -> None:
    text = "Invoice\n\nStatus: paid\nTotal: 5"
    assert [text[each.start : each.end] for each in pairs_of(text)] == ["Status: paid", "Total: 5"]


def test_records_of_one_kind_share_their_keys_and_a_lack_is_an_empty_cell() -> None:
    records = [
        {"Status": "paid", "Total": "5"},
        {"status": "unpaid", "Total": "7", "Note": "x"},
        {"Total": "9", "STATUS": ""},
    ]
    keys = shared_keys(records)
    assert keys == ["Status", "Total"]
    assert table_of([*records, {"Total": "1"}], keys)[1:] == [["paid", "5"], ["unpaid", "7"], ["", "9"], ["", "1"]]
    assert shared_keys(records[:2]) == [] and shared_keys([{"a": "1"}] * 5) == []

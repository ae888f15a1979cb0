"""What may be asked of a table, worked out in Python and in SQL alike."""

import sqlite3

import pytest

from pipelines.tables.conditions import Asked
from pipelines.tables.judging import also_asked, also_meant, parts_of
from pipelines.tables.numbers import number_of
from pipelines.tables.programs import UNLIKE, Reading, programs
from pipelines.tables.sql import query, run
from pipelines.tables.table import Table
from pipelines.tables.telling import shown

BOATS = Table.made(
    [
        ["Boat", "Harbour", "Built", "Tons", "Last survey", "Men's berths"],
        ["Gull", "Seaton", "1911", "12,5", "2021-03-04", "4"],
        ["Tern", "Seaton", "1903", "31", "2022-07-19", "9"],
        ["Heron", "Port Ellis", "1911", "7", "", "2"],
        ["Auk", "Port Ellis", "1899", "44", "2019-11-30", "11"],
        ["Petrel", "Seaton", "1920", "9", "2021-08-01", "3"],
    ]
)
QUESTIONS = (
    "how many boats lie in Seaton?",
    "what do the boats of Port Ellis weigh together in tons?",
    "which boat was not surveyed?",
    "which boat is the oldest, built before 1905?",
    "boats with more than 10 tons except those in Seaton",
    "last survey in March 2021?",
    "which is heavier, Gull or Auk?",
    "boat after Tern",
    "which share of all tons has Gull, which Gull and Auk?",
    "ratio of the tons of Auk to Tern?",
    "which boat has the most and which the fewest men's berths?",
    "tons and berths of Heron?",
    "boats with a survey before 19 july 2022",
    "boats surveyed from March 2021 to July 2022?",
    "surveys in the second half of 2021",
    "surveys since 2021, or in November",
    "surveys before July",
)


def reading(question, table=BOATS, language="en"):
    return Reading(Asked(question, language), table, "", *[[UNLIKE] * len(table.columns)] * 2)


@pytest.mark.parametrize(
    ("question", "boats"),
    [
        ("before 4 march 2021", {"Auk"}),
        ("until 4 march 2021", {"Auk", "Gull"}),
        ("since march 2021", {"Gull", "Tern", "Petrel"}),
        ("after march 2021", {"Tern", "Petrel"}),
        ("from march to august 2021", {"Gull", "Petrel"}),
        ("in the second half of 2021", {"Petrel"}),
        ("in november", {"Auk"}),
        ("before july", {"Gull"}),
    ],
)
def test_days_are_compared_with_what_a_question_names(question, boats):
    assert any(set(each) == boats for each in answers(f"which boats had a survey {question}?", "select"))


def answers(question, operation, table=BOATS, language="en"):
    return {each.answer for each in programs(reading(question, table, language)) if each.operation == operation}


@pytest.mark.parametrize("question", QUESTIONS)
def test_sql_finds_what_the_program_finds(question):
    made = programs(reading(question))
    assert len(made) > 50
    for each in made:
        found = {str(row[0]) for row in run(query(each, BOATS), BOATS) if row[0] is not None}
        if len(each.answer) == 1 and len(found) == 1 and (number := number_of(each.answer[0])) is not None:
            assert number == pytest.approx(number_of(found.pop()), abs=0.006), each
        elif each.operation == "columns select":
            assert run(query(each, BOATS), BOATS) == [each.answer], each
        else:
            assert found == set(each.answer), each


def test_counts_sums_orders_and_names_are_among_what_may_be_asked():
    assert ("3",) in answers(QUESTIONS[0], "count")
    assert ("51",) in answers(QUESTIONS[1], "sum")
    assert ("Heron",) in answers(QUESTIONS[2], "select")
    assert ("Auk",) in answers(QUESTIONS[3], "argmin")
    assert ("Auk",) in answers(QUESTIONS[4], "select")
    assert ("Gull",) in answers(QUESTIONS[5], "select")
    assert ("Auk",) in answers(QUESTIONS[6], "argmax")
    assert ("Heron",) in answers(QUESTIONS[7], "next")


def test_a_line_that_names_columns_only_ends_the_head_whatever_stands_above_it():
    table = Table.made(
        [
            ["2.1 Buildings", "", ""],
            ["Indicators", "For the year ended 31 December", ""],
            ["", "2019", "2018"],
            ["Energy (MWh)", "205,092.26", "167,488.48"],
            ["Water (m3)", "914", "918"],
        ]
    )
    assert [column.name for column in table.columns][1:] == ["For the year ended 31 December 2019", "2018"]
    assert table.height == 2


def test_rows_are_met_by_the_line_that_names_their_group():
    table = Table.made(
        [
            ["", "2019", "2018"],
            ["Purchases", "", ""],
            ["Supplier A", "31", "33"],
            ["Supplier B", "20", "16"],
            ["Payables", "", ""],
            ["Supplier A", "12", "22"],
            ["Supplier B", "7", "9"],
        ]
    )
    assert ("22",) in answers("payables to supplier A in 2018?", "select", table)
    assert ("51",) in answers("all purchases of 2019 together?", "sum", table)
    assert Table.made([["Boat", "Tons"], ["Sold", ""], ["Gull", "3"]]).columns[-1].name == "Tons"


def test_a_column_called_group_is_a_column_like_others():
    table = Table.made([["name", "age", "group"], ["Anna", "31", ""], ["Ben", "40", "blue"]])
    assert len(table.columns) == 3 and table.group_lines(1) == []


def test_rows_without_values_name_no_group_where_the_table_begins_with_others():
    table = Table.made([["boat", "tons", "berths"], ["Gull", "12", "4"], ["Heron", "", ""], ["Auk", "44", "11"]])
    assert len(table.columns) == 3


def test_a_group_ends_with_its_file():
    rows = [["Sold", "", ""], ["Gull", "12", "4"], ["Auk", "44", "11"], ["Tern", "9", "3"]]
    table = Table.made([["boat", "tons", "berths"], *rows], begins={4})
    assert table.columns[-1].cells == ("", "Sold", "Sold", "")
    assert [table.group_lines(row) for row in range(4)] == [[], [0], [0], []]


def test_rows_of_text_below_a_merged_first_cell_are_no_head():
    rows = [["Blue", "Anna", "anna@x"], ["", "Ben", "ben@x"], ["Red", "Cara", "cara@x"], ["", "Dan", "dan@x"]]
    assert Table.made([["Team", "Contact", "Contact"], *rows]).height == 4


def test_small_shares_are_no_0_and_nothing_is_left_to_be_100_percent_less():
    fees = Table.made([["boat", "fee", "tax"], ["Kestrel", "3", "0"], ["Merlin", "2000", "100"]])
    assert ("0.0015",) in answers("ratio of the fee of Kestrel to Merlin?", "ratio", fees)
    assert ("0.15",) in answers("fee of Kestrel as a share of Merlin?", "share", fees)
    assert ("-100",) in answers("tax of Merlin and Kestrel, change?", "change", fees)


def test_only_what_stands_behind_from_is_compared_with():
    sold = Table.made(
        [["boat", "harbour", "budget", "actual"], ["Gull", "Seaton", "100", "120"], ["Auk", "Ellis", "3", "5"]]
    )
    question = "of the boats from Seaton how did Gull change from budget to actual?"
    assert ("20",) in answers(question, "columns difference", sold)


def test_either_of_some_may_hold_beside_others():
    assert ("2",) in answers("boats of Gull, Tern and Auk built after 1900", "count")
    assert ("3",) in answers("how many are Gull, Tern and Auk?", "count")
    assert ("1",) in answers("how many boats of Seaton or Port Ellis were built in 1920?", "count")


def test_shares_ratios_both_ends_and_several_cells_are_among_it():
    assert {("12.08",), ("54.59",)} <= answers(QUESTIONS[8], "part")  # 12.5 and 56.5 of 103.5
    assert ("28.41",) in answers(QUESTIONS[8], "share")
    assert ("1.42",) in answers(QUESTIONS[9], "ratio")
    assert ("Auk", "Heron") in answers(QUESTIONS[10], "extremes")
    assert ("7", "2") in answers(QUESTIONS[11], "columns select")
    assert ("44", "7") in answers("highest and lowest tons?", "extremes")


def test_of_columns_of_years_the_year_is_told():
    table = Table.made(
        [
            ["", "December 31, 2019 $m", "December 31, 2018 $m", "Change"],
            ["Additions", "3", "5", "(2)"],
            ["Sales", "9", "8", "1"],
        ]
    )
    assert ("2018",) in answers("in which year were additions larger?", "columns max", table)
    assert ("2019",) in answers("in which year were additions smaller?", "columns min", table)
    assert ("33.33",) in answers("additions as a share of sales in 2019?", "share", table)
    wide = Table.made(
        [["", "2021", "2020", "2019", "2018"], ["Sales", "9", "8", "7", "5"], ["Costs", "1", "2", "3", "4"]]
    )
    assert ("24",) in answers("sales from 2019 to 2021?", "columns sum", wide)
    assert ("0.6",) in answers("ratio of 2019 to 2018 additions?", "columns ratio", table)


def test_a_question_in_another_language_means_the_same():
    assert ("3",) in answers("wie viele Boote liegen in Seaton?", "count", language="de")
    assert ("Heron",) in answers("quel bateau n'a pas de survey", "select", language="fr")


def test_the_lines_above_the_first_figure_are_the_head():
    table = Table.made(
        [
            ["", "", "Fiscal"],
            ["", "2019", "2018"],
            ["", "", "(in millions)"],
            ["Automotive", "5,686", "6,092"],
            ["Sensors", "914", "918"],
        ]
    )
    assert [column.name for column in table.columns] == ["", "2019", "Fiscal 2018 (in millions)"]
    assert table.columns[0].cells == ("Automotive", "Sensors") and table.first == 3
    for question in ("change of automotive from 2018 to 2019", "automotive in 2019 and 2018", "automotive 2018, 2019"):
        assert answers(question, "columns difference", table) == {("-406",)}
        assert answers(question, "columns change", table) == {("-6.66",)}


def test_the_later_of_two_rows_is_compared_with_the_earlier():
    table = Table.made([["year", "guests"], ["2022", "100"], ["2023", "120"]])
    assert ("20",) in answers("change of guests from 2022 to 2023", "change", table)


def test_a_head_is_told_from_rows():
    months = Table.made([["Region", "Jan 2024", "Feb 2024"], ["North", "7", "9"], ["South", "8", "3"]])
    assert [column.name for column in months.columns] == ["Region", "Jan 2024", "Feb 2024"]
    shifts = Table.made([["", "Monday", "Tuesday"], ["Anna", "early", "late"], ["Ben", "late", "off"]])
    assert shifts.columns[0].cells == ("Anna", "Ben")
    going_on = Table.made([["2025-01-02", "Heron", "12"], ["2025-01-03", "Tern", "8"]])
    assert going_on.height == 2 and going_on.first == 0


def test_sums_and_lines_that_name_a_group_are_no_rows_like_the_others():
    costs = Table.made(
        [
            ["item", "town", "cost"],
            ["North", "", ""],
            ["Desk", "Bonn", "100"],
            ["Lamp", "Kiel", "40"],
            ["Total", "", "140"],
        ]
    )
    assert answers("what is the sum of cost?", "sum", costs) == {("140",)}
    assert ("2",) in answers("how many items?", "count", costs)
    assert ("Desk",) in answers("which item has the highest cost?", "argmax", costs)
    assert ("140",) in answers("what is the total cost?", "select", costs)
    for each in programs(reading("sum of cost of items in Bonn", costs)):
        assert {str(row[0]) for row in run(query(each, costs), costs) if row[0] is not None}
    firm = Table.made([["firm", "cost"], ["Total", "10"], ["Shell", "40"], ["Eni", "30"]])
    assert ("80",) in answers("sum of cost", "sum", firm)


def test_a_last_row_that_is_the_sum_of_all_others_is_one_however_it_is_called():
    people = [["Nordhof", "4,120"], ["Mitte", "9,871"], ["Au", "2,004"], ["Süd", "7,450"]]
    town = Table.made([["part", "people"], *people, ["Town of Oberau", "23,445"]])
    assert ("Mitte",) in answers("which part has the most people?", "argmax", town)
    assert ("Town of Oberau",) not in answers("which part has the most people?", "argmax", town)
    named = Table.made([["part", "people"], *people, ["Total of all parts of the town", "23,445"]])
    assert ("23,445",) in answers("total of all parts", "select", named)


def test_month_and_year_are_those_of_one_day():
    orders = Table.made(
        [
            ["order", "ordered", "sent"],
            ["A1", "2015-02-03", "2016-02-01"],
            ["A2", "2016-02-09", "2016-03-01"],
            ["A3", "2016-02-11", "2016-02-28"],
        ]
    )
    made = programs(reading("orders in february 2016", orders))
    assert all(len({condition.column for condition in each.which.all}) < 2 for each in made)
    assert ("A2", "A3") in {each.answer for each in made if each.which.all}


def test_heads_with_years_and_measures_are_heads():
    for head in (["31.12.2023", "31.12.2022"], ["2023E", "2022*"], ["12/2023", "12/2022"], ["5 mg", "10 mg"]):
        table = Table.made([["position", *head], ["cash", "500", "400"], ["debt", "90", "80"]])
        assert [column.name for column in table.columns] == ["position", *head]


def test_of_a_loss_there_are_no_percents():
    table = Table.made([["town", "2022", "2023"], ["Bonn", "-10", "5"], ["Kiel", "10", "5"]])
    assert not answers("change of Bonn from 2022 to 2023", "columns change", table)
    assert answers("change of Kiel from 2022 to 2023", "columns change", table) == {("-50",)}


def test_numbers_of_a_question_keep_their_sign_and_its_language():
    towns = Table.made([["town", "degrees"], ["Bonn", "-12"], ["Kiel", "-4"], ["Ulm", "3"]])
    assert ("Bonn",) in answers("towns with degrees below -5", "select", towns)
    amounts = Table.made([["client", "amount"], ["Gull", "1.200,50"], ["Tern", "900,00"], ["Auk", "1.500,00"]])
    assert ("2",) in answers("wie viele haben mehr als 1.000?", "count", amounts, "de")


def test_what_belongs_together_is_not_taken_apart():
    assert not parts_of(Asked("clients with more than 1,000 euros"))
    assert not parts_of(Asked("what is the total amount between 25 and 1000 euros?"))
    assert len(parts_of(Asked("how many boats are there, and what do they weigh?"))) == 2


def test_what_else_is_asked_of_other_rows_is_not_told_of_these():
    whole, *parts = (
        reading(each) for each in ("boats in Seaton, and tons of Port Ellis?", "boats in Seaton", "tons of Port Ellis?")
    )
    counted = next(each for each in programs(whole) if each.operation == "count" and each.answer == ("3",))
    assert all(each.which.rows == counted.which.rows for each in also_asked(counted, whole, parts))
    assert "51" not in {each.answer[0] for each in also_asked(counted, whole, parts) if each.operation == "sum"}


def test_cents_add_up():
    table = Table.made([["of", "amount"], *[["x", "1234.10"]] * 10])
    assert ("12341",) in answers("sum of amount", "sum", table)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t",
        "ATTACH 'other.db' AS other",
        "SELECT name FROM sqlite_master; DROP TABLE t",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('x')",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
    ],
)
def test_sql_can_only_read_the_table_and_not_for_ever(sql):
    with pytest.raises(sqlite3.Error):
        run(sql, BOATS)


def test_names_with_quotes_are_only_names():
    table = Table.made([['a" OR 1=1 --', "it's"], ["x", "1"], ["y", "2"], ["x", "5"]])
    for each in programs(reading("it's of x", table)):
        assert {str(row[0]) for row in run(query(each, table), table) if row[0] is not None}


def test_what_is_read_of_a_question_is_bounded():
    asked = Asked("more than " + " or ".join(map(str, range(2_000))) + ", and so on" * 500)
    assert len(asked.spoken) == len(asked.words) < 100 and len(asked.runs) < 300
    assert len(parts_of(asked)) < 10


@pytest.mark.parametrize("lines", [[], [[]], [["a"]], [["a", "b"]], [["1e400", "x"], ["1e400", "2"]]])
def test_a_table_without_rows_or_numbers_that_are_none_answers_nothing_wrong(lines):
    for each in programs(reading("sum of a without b over 3 in 2020", Table.made(lines))):
        assert not {"inf", "nan"} & set(each.answer)


def test_a_row_that_is_the_only_addend_is_not_the_sum_of_the_others():
    refunds = Table.made(
        [["who", "refund"], ["Ann", "250"], ["Bob", "0"], ["Cid", "0"], ["Dan", "0"], ["Eve", "0"], ["Fay", "250"]]
    )
    assert ("500",) in answers("what is the total refund?", "sum", refunds)


def test_what_is_told_of_rows_is_written_as_in_the_table_and_the_name_of_a_column_is_no_condition():
    fares = Table.made([["Stadt", "fee < 5 limit"], ["Köln", "14"], ["Bonn", "3"], ["Köln", "20"]])
    said = {
        shown(each, reading(question, fares))
        for question in ("Köln", "more than 12")
        for each in programs(reading(question, fares))
    }
    assert {"Stadt = Köln", "fee < 5 limit > 12"} <= said
    assert not any("< 5 limit < 5" in each for each in said)


def test_a_column_without_a_name_is_told_by_its_cells_alone():
    costs = Table.made([["", "2023", "2024"], ["Rent", "14", "15"], ["Heating", "3", "4"]])
    said = {shown(each, reading("how much was the rent in 2024?", costs)) for each in programs(reading("rent?", costs))}
    assert "Rent" in said
    assert not any("?" in each for each in said)


def test_of_sum_and_average_the_likelier_one_is_told():
    whole = reading("average tons of the boats in Seaton")
    counted = next(each for each in programs(whole) if each.operation == "count" and each.answer == ("3",))
    assert [each.operation for each in also_meant(counted, whole)] == ["average"]

"""SQL that somebody wrote who may err: what it gives, the rows that this stands on, and why it is refused."""

import pytest

from pipelines.tables.sql import run
from pipelines.tables.statements import selected
from pipelines.tables.table import Table

BOATS = Table.made(
    [
        ["Boat", "Harbour", "Built", "Tons", "Last survey"],
        ["Gull", "Seaton", "1911", "12,5", "2021-03-04"],
        ["Tern", "Seaton", "1903", "31", "2022-07-19"],
        ["Heron", "Port Ellis", "1911", "7", ""],
        ["Auk", "Port Ellis", "1899", "44", "2019-11-30"],
        ["Petrel", "Seaton", "1920", "9", "2021-08-01"],
    ]
)
SEATON = "\"Harbour\" = 'Seaton'"


@pytest.mark.parametrize(
    ("sql", "value", "rows"),
    [
        (f'SELECT SUM("Tons") FROM t WHERE {SEATON}', "52.5", {0, 1, 4}),
        ('select t."Boat" from t order by "Tons" desc limit 1;', "Auk", {3}),
        ('SELECT COUNT(*) FROM t WHERE "Last survey" IS NULL -- none', "1", {2}),
        ('SELECT "Tons" AS x FROM t WHERE x > 10 ORDER BY x LIMIT 1', "12.5", {0}),
        ('SELECT "Boat" FROM t WHERE "Built" = (SELECT MIN("Built") FROM t)', "Auk", {3}),
        ('SELECT TOTAL("Tons") FROM t WHERE "Built" < 1904', "75", {1, 3}),
        ("SELECT ROUND(AVG(\"Tons\"), 1) FROM t WHERE strftime('%Y', \"Last survey\") = '2021'", "10.8", {0, 4}),
        (
            f'SELECT (SELECT SUM("Tons") FROM t WHERE {SEATON}) - (SELECT "Tons" FROM t WHERE row = 2)',
            "45.5",
            {0, 1, 2, 4},
        ),
        (f'WITH s AS (SELECT "Tons" AS n FROM t WHERE {SEATON}) SELECT MAX(n) FROM s', "31", {0, 1, 4}),
        ('SELECT a."Boat" FROM t a JOIN t b ON a."Built" = b."Built" AND a.row > b.row', "Heron", {2}),
        ('SELECT "Harbour" FROM t WHERE says("Boat", \'GULL\')', "Seaton", {0}),
        ('SELECT DISTINCT "Harbour" FROM t WHERE mentions("Harbour", \'Ellis\') LIMIT 1', "Port Ellis", {2, 3}),
        ('SELECT "Harbour" FROM t GROUP BY 1 HAVING COUNT(*) > 2', "Seaton", {0, 1, 2, 3, 4}),
    ],
)
def test_what_it_gives_and_the_rows_that_this_is_made_of(sql, value, rows):
    found = selected(sql, BOATS)
    assert found.lines == ((value,),) and set(found.rows) == rows


def test_rows_that_hold_the_value_come_first_and_none_is_left_out():
    many = Table.made([["n", "cost"], *([f"N{n}", str(n)] for n in range(3_000))])
    found = selected('SELECT MAX("cost") FROM t', many)
    assert found.rows[0] == 2_999 and len(found.rows) == 3_000


def test_the_column_and_what_was_done_on_it_are_named_where_that_is_all():
    def named(sql):
        found = selected(sql, BOATS)
        return found.column, found.operation

    assert named('SELECT AVG("Tons") AS mean FROM t') == ("Tons", "average")
    assert named('SELECT COUNT(DISTINCT "Harbour") FROM t') == ("Harbour", "count_distinct")
    assert named('SELECT "Boat" FROM t') == ("Boat", "")
    assert named('SELECT SUM("Tons" * 2) FROM t') == named('SELECT "Boat", "Tons" FROM t') == ("", "")


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "The answer is 42.",
        "SELECT",
        'SELECT "Boat" FROM t; SELECT "Boat" FROM t',
        'SELECT "Boat" FROM t; DROP TABLE t',
        "DELETE FROM t",
        "UPDATE t SET row = 1",
        "ATTACH 'other.db' AS other",
        "PRAGMA table_info(t)",
        "EXPLAIN SELECT * FROM t",
        "VALUES (42)",
        'SELECT "Boat" FROM other',
        "SELECT name FROM sqlite_master",
        "SELECT name FROM pragma_table_info('t')",
        "SELECT \"Boat\" FROM t, json_each('[1]')",
        "SELECT \"Boat\" FROM t WHERE load_extension('x')",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
        "SELECT COUNT(*) FROM t" + ", t AS {}" * 12,
        "SELECT Mast FROM t",
        'SELECT "Mast" FROM t',
        'SELECT "Boat" FROM t WHERE "Mast" <> \'tall\'',
        'SELECT "Boat" FROM t WHERE 0',
        "SELECT COUNT(*) FROM t WHERE 0",
        'SELECT "Last survey" FROM t WHERE row = 2',
        "SELECT 42",
        "SELECT 42 FROM t",
        'SELECT "Boat", 42 FROM t',
        'WITH t AS (SELECT 42 AS "Boat", 1 AS row) SELECT "Boat" FROM t',
        'SELECT "Boat" FROM t WHERE "Boat" = \'\ud800\'',
        'SELECT "Boat"\0 FROM t',
        f'SELECT {"(" * 90}"Boat"{")" * 90} FROM t',
        f"SELECT {'(' * 900}",
    ],
)
def test_what_is_no_sound_question_to_the_table_is_refused(sql):
    with pytest.raises(ValueError, match=r"."):
        selected(sql.format(*"abcdefghijkl") if "{}" in sql else sql, BOATS)
    assert run("SELECT COUNT(*) FROM t", BOATS) == [(5,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CASE WHEN \"Tons\" > 5 THEN 'yes it is safe' END FROM t",
        "SELECT 'Paris' || substr(\"Boat\", 1, 0) FROM t",
        'SELECT 1e999 * "Tons" FROM t',
        "SELECT * FROM t",
    ],
)
def test_words_that_stand_in_no_cell_are_no_answer(sql):
    with pytest.raises(ValueError):
        selected(sql, BOATS)


def test_the_sum_of_a_group_is_not_called_that_of_the_table():
    found = selected('SELECT SUM("Tons") FROM t GROUP BY "Harbour" ORDER BY 1 DESC LIMIT 1', BOATS)
    assert (found.column, found.operation) == ("", "")

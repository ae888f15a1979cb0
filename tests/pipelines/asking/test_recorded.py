"""Files that are records of one kind answer like a table, each by what it says."""

import pytest

from pipelines.answering import Answering
from pipelines.asking.context import QueryContext
from pipelines.asking.material import Material
from pipelines.asking.recorded import recorded
from pipelines.query.understanding import understand
from pipelines.records import Question
from pipelines.tables.table import Table

TOTALS = (120.5, 80, 99, 45, 300, 210.75)
UNPAID = (1, 4, 5)
FILES = {
    f"mooring {n}.txt": f"The harbour office\n\nBill no: B-{n:03}\nBoat: {('Heron', 'Curlew', 'Tern')[n % 3]}\n"
    f"Status: {'unpaid' if n in UNPAID else 'paid'}\nTotal: {total} EUR\n\n"
    "Please pay within fourteen days. The office is open from Monday to Friday.\n"
    for n, total in enumerate(TOTALS)
} | {"harbour.md": "# The harbour\n\nBills that are unpaid after thirty days are reminded by the office.\n"}


FILES |= {
    f"offer {n}.txt": f"Offer no: O-{n}\nBoat: Heron\nStatus: unpaid\nTotal: 1000 EUR\n\nValid for a month.\n"
    for n in range(4)
}
FILES["mooring 2 (copy).txt"] = FILES["mooring 2.txt"].replace("\n\nPlease", "\n\n\nPlease")
FILES["several.txt"] = "".join(
    f"Crate no: C-{n}\nOwner: Energies Total\nWeight: {weight}\n\n"
    for n, weight in enumerate(("2 kg", "500 g", "3 kg"))
)


@pytest.fixture(scope="module")
def answering(library, shelf):
    return Answering(library, shelf, ability="quotes")


def test_what_is_counted_and_added_over_files_is_told_with_each_of_them(answering) -> None:
    answer = answering.invoke(Question("how many bills are unpaid, and what do they add up to?"))
    first, *rest = answer.text.split("\n\n")
    assert "**3**" in first and "**590.75**" in first and "6 files" in first
    assert [f"B-00{n}" in " ".join(rest) for n in range(6)] == [n in UNPAID for n in range(6)]
    cited = {each.result.source.path.rpartition("/")[2] for each in answer.evidence[:3]}
    assert cited == {f"mooring {n}.txt" for n in UNPAID}


def test_the_file_with_the_largest_value_is_named(answering) -> None:
    answer = answering.invoke(Question("which bill has the highest total?"))
    assert "**B-004**" in answer.text.split("\n")[0]


def test_each_kind_is_counted_by_itself(answering) -> None:
    first = answering.invoke(Question("what is the total of the unpaid offers together?")).text.split("\n")[0]
    assert "**4000**" in first and "4 files" in first


def test_a_file_may_hold_several_records_of_which_none_is_a_sum(answering, library, shelf) -> None:
    question = Question("what does crate no C-1 weigh and who is its owner?")
    plan = understand(question, question.text, answering.intents(shelf.text))
    material = Material(QueryContext(library, shelf, question), plan=plan)
    material.search(plan.text)
    (crates,) = [kind for kind in recorded(plan, material) if "Crate no" in kind.lines[0]]
    assert [line[0] for line in crates.lines[1:]] == ["C-0", "C-1", "C-2"]
    assert not Table.made(crates.lines, records=True).apart and not crates.cut


def test_measures_of_different_units_are_not_added(answering) -> None:
    assert "505" not in answering.invoke(Question("what is the total weight of all crates?")).text


def test_one_record_is_told_alone(answering) -> None:
    answer = answering.invoke(Question("what is the status of B-003?"))
    assert "**paid**" in answer.text.split("\n")[0] and "files" not in answer.text.split("\n")[0]


def test_records_beyond_those_that_are_looked_at_are_told_of(answering, library, shelf, monkeypatch) -> None:
    monkeypatch.setattr("pipelines.asking.recorded._MOST", 4)
    question = Question("what is the total of all bills?")
    plan = understand(question, question.text, answering.intents(shelf.text))
    material = Material(QueryContext(library, shelf, question), plan=plan)
    material.search(plan.text)
    kinds = list(recorded(plan, material))
    assert kinds and all(kind.cut and len(kind.records) <= 4 for kind in kinds)

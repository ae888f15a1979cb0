"""The floor of a library is what null questions reach, measured when it is filled and again when it has grown."""

from indexes.library import Library
from pipelines.finding.floors import measured, update
from pipelines.ingest import Ingest
from tests.making_moments import LibraryOf

TOPICS = (
    "The lamp burned colza oil until the keeper brought paraffin to the tower in a heavy cask.",
    "Lime mortar needs frost-free weather and sets slowly behind wet sacking on the northern wall.",
    "The ferry crosses the sound twice a day and carries sheep, letters and the island's schoolchildren.",
    "Granite for the lower courses was cut at the quarry and floated over on rafts at spring tide.",
    "The fog signal was a gun at first, later a bell, and in the end a compressed-air horn.",
    "Gannets nest on the western stack and dive for herring from a height of thirty metres.",
    "The clockwork is wound every four hours and turns the lens on a bath of mercury.",
    "Storm shutters of oak protect the lantern panes when the wind goes round to the south-west.",
)


def test_floors_are_measured_at_the_end_of_indexing_and_when_a_library_has_grown(tmp_path, shelf) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for n, text in enumerate(TOPICS):
        (files / f"{n}.txt").write_text(text)
    library = Library(tmp_path / "library")
    list(Ingest(library, shelf, 10**7).index([files]))
    first = measured(library)
    assert first is not None and first.segments == len(TOPICS)
    assert first.text is not None and 0.1 < first.text < 0.7
    assert update(library, shelf) == first  # nothing has changed
    for n, text in enumerate(TOPICS):
        (files / f"again {n}.txt").write_text(f"{text} This was written down a second time in another hand.")
    list(Ingest(library, shelf, 10**7).index([files]))
    second = measured(library)
    assert second is not None and second.segments == 2 * len(TOPICS)
    library.close()


def test_an_empty_library_has_no_floor(tmp_path, shelf) -> None:
    library = Library(tmp_path)
    assert update(library, shelf) is None and measured(library) is None
    library.close()


def test_another_model_than_filled_the_library_costs_no_index(tmp_path, shelf) -> None:
    made = LibraryOf(Library(tmp_path), shelf)
    made.document("a.txt", *TOPICS)
    with made.library.catalogue.transaction():
        made.library.catalogue.connection.execute("UPDATE spaces SET model = 'another'")
    assert update(made.library, shelf) is None and measured(made.library) is None
    made.library.close()

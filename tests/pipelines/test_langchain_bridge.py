"""Retrieval as LangChain sees it."""

from app.assistant import Assistant
from app.settings import load_settings
from pipelines.langchain_bridge import LibraryRetriever
from pipelines.retrieval import Retriever


def test_documents_carry_the_hits_of_the_contract(tmp_path, shelf) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "keeper.txt").write_text("The first keeper of the light was Thomas Vane.")
    (folder / "goat.txt").write_text("The goat was called Biscuit.")
    assistant = Assistant(load_settings({"library": str(tmp_path / "library")}))
    assistant.shelf = shelf
    list(assistant.index([folder]))
    retriever = LibraryRetriever(retriever=Retriever(assistant.library, shelf), k=2)
    documents = retriever.invoke("Who was the keeper?")
    assert documents[0].page_content == "The first keeper of the light was Thomas Vane."
    assert set(documents[0].metadata) == {"rank", "score", "source", "modality", "place", "found_by"}
    assert documents[0].metadata["place"] == {"lines": [1, 1]}
    narrowed = LibraryRetriever(retriever=retriever.retriever, source="goat.txt").batch(["keeper", "goat"])
    assert all(document.metadata["source"].endswith("goat.txt") for found in narrowed for document in found)
    assistant.close()

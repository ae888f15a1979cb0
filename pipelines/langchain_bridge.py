"""Our retrieval as a LangChain retriever: the only place where the two vocabularies meet."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from pipelines.records import Question, Result
from pipelines.retrieval import Retriever


class LibraryRetriever(BaseRetriever):
    """Segments of a library as Documents, best first.

    `metadata` has the keys of a hit in the JSON contract but for the text: rank, score, source, modality, place,
    found_by.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    k: int = 10
    source: str | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        return [as_document(result) for result in self.retriever.find(Question(query, self.source), self.k)]


def as_document(result: Result) -> Document:
    return Document(
        id=str(result.segment.id),
        page_content=result.segment.text,
        metadata={
            "rank": result.rank,
            "score": result.score,
            "source": result.source.path,
            "modality": result.segment.modality,
            "place": result.place.as_dict(),
            "found_by": list(result.found_by),
        },
    )

"""Pseudo-relevance feedback finds what the question's own words and vector do not, and says so in the trace."""

from __future__ import annotations

import numpy as np

from indexes.keywords import content_words, share
from indexes.library import Library
from pipelines.finding.feedback import moved
from pipelines.records import Question
from pipelines.retrieval import Retriever
from pipelines.tracing import Trace
from tests.making_moments import LibraryOf


def test_a_rare_word_outweighs_many_alike_and_the_trace_tells_how(tmp_path, shelf) -> None:
    made = LibraryOf(Library(tmp_path), shelf)
    made.document("a.txt", *(f"The boat number {n} lies in the harbour." for n in range(30)), "A ketch has two masts.")
    trace = Trace()
    found = Retriever(made.library, shelf).find(Question("What has two masts?"), 3, trace)
    assert "ketch" in found[0].segment.text and {"text", "keywords"} <= set(trace.hits)
    assert trace.fused and "words" in trace.seconds and any(step.stage == "feedback" for step in trace.steps)
    made.library.close()


def test_a_moved_vector_lies_between_question_and_passages() -> None:
    question, passage = np.array([1.0, 0.0], np.float32), np.array([[0.0, 1.0]], np.float32)
    near = moved(question, passage)
    assert np.allclose(near, [2**-0.5, 2**-0.5])


def test_words_are_counted_where_they_begin_and_in_chinese_anywhere() -> None:
    assert share({"boundary", "layer"}, "A Boundary-layer.") == 1.0
    assert share({"art"}, "A party") == 0.0
    assert share(set(content_words("棱镜")), "六块棱镜无偿") == 1.0

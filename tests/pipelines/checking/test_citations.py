"""Sentences of answers against evidence: supported, flagged, cited. With the real text encoder."""

import numpy as np
import pytest

from indexes.records import Cue, Place, Segment, Source
from pipelines.checking.citations import SUPPORTED, Citer
from pipelines.records import Check, Citation, Evidence, Result
from pipelines.sentences import sentences

MACKINDER = (
    "Political geographers such as Friedrich Ratzel of Germany and Halford Mackinder of Britain supported imperialism. "
    "Ratzel believed expansion was necessary, while Mackinder supported Britain's expansion."
)
KEEPER = (
    "The light was built in 1868. Its first keeper was Thomas Vane, who stayed for 31 years. "
    "The oil lamp burned 412 litres a year. Gulls nested on the gallery. The stairs have 96 steps."
)
BUDGET = "Item | Cost in euros\nScaffold | 18,400\nLime mortar | 6,250\nPaint | 2,100"
FIRST = "Its first keeper was Thomas Vane, who stayed for 31 years."
LETTER = "我们决定将其中六块棱镜无偿赠予贵会。运费由贵会承担。博物馆星期二不开放。"


def evidence(*texts: str, heading: str = "") -> tuple[Evidence, ...]:
    found = []
    for n, text in enumerate(texts, start=1):
        source = Source(f"id{n}", "document", "text/plain", 1, paths=(f"/x/{n}.txt",))
        segment = Segment(source.id, 0, "document", text, Place(page=n), heading=heading, id=n)
        found.append(Evidence(n, Result(segment, source, n, 1 / n, {"text": n}), tuple(sentences(text))))
    return tuple(found)


def check(shelf, question: str, sentence: str, *texts: str) -> tuple[Check | None, Citation | None]:
    return Citer(question, evidence(*texts), shelf.text).check(sentence)


@pytest.mark.parametrize(
    ("question", "sentence", "quote"),
    [
        ("Who was the first keeper?", "Thomas Vane.", FIRST),
        ("Who was the first keeper?", "The first keeper was T. Vane.", FIRST),
        ("How long did the first keeper stay?", "Thirty-one years.", FIRST),
        ("How much oil did the lamp burn in a year?", "412 litres", "The oil lamp burned 412 litres a year."),
        ("What does the lime mortar cost?", "Lime mortar costs €6250.", "Lime mortar | 6,250"),
        ("What does the lime mortar cost?", "6,250 euros.", "Lime mortar | 6,250"),
        ("博物馆赠送了几块棱镜？", "六块棱镜。", "我们决定将其中六块棱镜无偿赠予贵会。"),
        ("运费由谁承担？", "运费由贵会承担。", "运费由贵会承担。"),
    ],
)  # fmt: skip
def test_what_a_quote_says_is_supported_and_cited(shelf, question: str, sentence: str, quote: str) -> None:
    checked, citation = check(shelf, question, sentence, KEEPER, BUDGET, LETTER)
    assert checked is not None and checked.supported and checked.flags == ()
    assert citation is not None and citation.quote == quote
    assert citation.support == checked.support >= SUPPORTED


@pytest.mark.parametrize(
    ("question", "sentence", "flagged"),
    [
        ("Where was Mackinder born?", "Halford Mackinder was born in Edinburgh, Scotland.", "Edinburgh, Scotland"),
        ("Who was the first keeper?", "Emily Stone was the first keeper.", "Emily Stone"),
        ("Who was the first keeper?", "Emily.", ""),
        ("Who was the first keeper?", "Its first keeper was not Thomas Vane.", "negation"),
        ("When was the light built?", "The light was built in 1869.", "1868 instead of 1869"),
        ("How much oil did the lamp burn?", "The oil lamp burned 96 litres a year.", "412 litres instead of 96 litres"),
        ("How many steps are there?", "The stairs have 31 steps.", "96 instead of 31"),
        ("What does the lime mortar cost?", "Lime mortar costs 2,100.", "2,100"),
        ("What does the lime mortar cost?", "2,100 euros.", ""),
        ("博物馆赠送了几块棱镜？", "博物馆赠送了七块棱镜。", "七"),
        ("博物馆星期二开放吗？", "博物馆星期二开放。", "deny"),
        ("Where do penguins live?", "Penguins live on the roof in winter.", ""),
    ],
)  # fmt: skip
def test_what_no_quote_says_is_not_supported(shelf, question: str, sentence: str, flagged: str) -> None:
    checked, citation = check(shelf, question, sentence, MACKINDER, KEEPER, BUDGET, LETTER)
    assert citation is None
    assert checked is not None and not checked.supported and checked.support < SUPPORTED
    assert flagged in " ".join(checked.flags), checked.flags


@pytest.mark.parametrize(
    "sentence", ["Here is a list:", "", "***", "Yes.", "# Keepers:", "以下是答案：", "Shall I go on?", "I cannot tell."]
)
def test_what_says_nothing_is_not_checked(shelf, sentence: str) -> None:
    assert check(shelf, "Who was the first keeper?", sentence, KEEPER) == (None, None)


def test_the_number_of_a_list_item_is_no_claim(shelf) -> None:
    checked, citation = Citer("Who was the keeper?", evidence(KEEPER), shelf.text).check(
        "7. The keeper was Thomas Vane.", 20
    )
    assert checked is not None and checked.supported
    assert (checked.start, checked.end) == (20, 50)
    assert citation is not None and (citation.start, citation.end) == (20, 50)


def test_without_evidence_nothing_is_supported(shelf) -> None:
    checked, citation = Citer("Who?", (), shelf.text).check("It was Thomas Vane.")
    assert checked is not None and not checked.supported and citation is None


def test_two_passages_may_bear_one_sentence_out_together(shelf) -> None:
    born = "Ada Brand was born in Leith in 1850."
    died = "Ada Brand drowned near Wick in 1899."
    question = "Who was Ada Brand?"
    checked, citation = check(
        shelf, question, "Ada Brand was born in Leith in 1850 and drowned near Wick in 1899.", born, died
    )
    assert checked is not None and checked.supported and checked.flags == ()
    assert citation is not None and citation.quote in (born, died)
    wrong, _ = check(shelf, question, "Ada Brand was born in Leith in 1850 and drowned near Wick in 1898.", born, died)
    assert wrong is not None and not wrong.supported


def test_a_cue_is_read_with_its_speaker_and_cited_at_its_time(shelf) -> None:
    cues = (Cue(2.0, 4.0, "The stove smelled of tar.", "Ben"), Cue(4.0, 7.0, "We left the harbour at dawn.", "Ben"))
    text = " ".join(cue.text for cue in cues)
    segment = Segment("r", 0, "audio", text, Place(start=2.0, end=7.0), kind="speech", cues=cues, id=1)
    source = Source("r", "audio", "audio/wav", 1, paths=("/x/talk.wav",))
    given = (Evidence(1, Result(segment, source, 1, 1.0, {"text": 1}), tuple(cue.text for cue in cues)),)
    citer = Citer("When did they leave the harbour?", given, shelf.text)
    checked, citation = citer.check("Ben says they left the harbour at dawn.")
    assert checked is not None and checked.supported
    assert citation is not None and citation.place == Place(start=4.0, end=7.0)
    other, _ = citer.check("Carla says they left the harbour at dawn.")
    assert other is not None and not other.supported


class Judge:
    """An entailment model that always says the same."""

    def __init__(self, *probabilities: float) -> None:
        self.probabilities = probabilities
        self.asked: list[tuple[str, str]] = []

    def entail(self, pairs):
        self.asked += pairs
        return np.array([self.probabilities] * len(pairs), np.float32)


def test_an_entailment_model_decides_what_words_cannot_but_not_what_differs(shelf) -> None:
    question, text = "Who looked after the lamp?", "Its keeper was Thomas Vane."
    told = "Somebody tended it each night."
    assert not check(shelf, question, told, text)[0].supported
    judge = Judge(0.9, 0.05, 0.05)
    citer = Citer(question, evidence(text), shelf.text, judge)
    assert citer.check(told)[0].supported
    assert text in judge.asked[0][0]
    assert not citer.check("Its keeper was Emily Stone.")[0].supported
    denying = Citer(question, evidence(text), shelf.text, Judge(0.05, 0.05, 0.9))
    assert not denying.check(text)[0].supported

"""What kind of answer a question wants is recognised in five languages, on matters that no example is about."""

import csv
import subprocess
import sys
from collections import Counter

import pytest

from pipelines.query.intent import INTENTS, Intents
from pipelines.query.understanding import language_of

ASKED = """\
fact|en|who keeps the hives behind the church
fact|en|what year did the observatory open
fact|en|whats the deductible on my boat insurance
fact|de|wie tief ist der see
fact|fr|qui dirige la chorale
fact|es|numero de poliza del seguro del barco
fact|zh|船险的保单号
list|en|name every station on the northern line
list|en|what plants are poisonous to dogs
list|en|everything i need to pack for the sailing course
list|de|welche rebsorten wachsen hier
list|fr|qu'est ce qu'il faut emporter pour le stage de voile
list|es|qué uvas crecen en el valle
list|zh|帆船课要带什么东西
count|en|how many matches did we win in total
count|en|sum of the members fees
count|en|how many of the claims were rejected altogether
count|de|wie viel haben wir dieses jahr für hundefutter ausgegeben
count|fr|somme des cotisations
count|es|suma la miel de todas las colmenas
count|zh|我们一共输了几场比赛
explanation|en|why do bees swarm
explanation|en|what happens if the anchor drags
explanation|en|steps to castle in chess
explanation|de|warum schwärmen bienen
explanation|fr|pourquoi les abeilles essaiment
explanation|es|cómo se forman las mareas
explanation|zh|玫瑰怎么修剪
comparison|en|merlot vs shiraz
comparison|en|is the laser or the optimist easier to sail
comparison|en|compare the two insurance quotes
comparison|de|worin unterscheiden sich die zwei tarife
comparison|fr|en quoi les deux tarifs sont ils différents
comparison|es|compara los dos horarios
comparison|zh|彗星和小行星有什么区别
summary|en|what is this choir newsletter about
summary|en|summarise the chapter on volcanoes
summary|en|what did they agree on at the club assembly
summary|de|die wichtigsten punkte vom elternabend
summary|fr|de quoi parle le bulletin du club
summary|es|qué se decidió en la asamblea
summary|zh|这本会刊讲了什么
yes_no|en|can i take a dog on the ferry
yes_no|en|is the museum open on mondays
yes_no|en|does the policy cover theft
yes_no|de|zahlt die versicherung bei diebstahl
yes_no|fr|l'attaquant a marqué ?
yes_no|es|está abierto el museo los lunes
yes_no|zh|保险赔不赔盗窃
show|en|photos of the puppy in the snow
show|en|at what minute does the goalkeeper get the red card
show|en|find the clip where the volcano erupts
show|de|wo in der aufnahme singt der chor
show|fr|montre moi la photo du phare
show|es|dónde canta el coro en la grabación
show|zh|视频里什么时候进的球
none|en|no thats not right
none|en|see you tomorrow
none|en|wow nice
none|de|guten morgen
none|fr|d'accord
none|es|no, eso no es cierto
none|zh|不对
"""
QUESTIONS = [line.split("|") for line in ASKED.splitlines()]
LANGUAGES = ("en", "de", "fr", "es", "zh")


@pytest.fixture(scope="module")
def intents(shelf) -> Intents:
    return Intents(shelf.text)


def test_what_people_type_about_new_matters_is_recognised_in_every_language(intents) -> None:
    right = Counter(language for intent, language, text in QUESTIONS if intents.recognise(text)[0] == intent)
    asked = Counter(language for _, language, _ in QUESTIONS)
    assert right.total() >= 0.85 * asked.total()
    assert all(right[language] >= 0.6 * asked[language] for language in LANGUAGES), right


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("compare the lighthouse and the windmill", "comparison"),
        ("why is the lighthouse red", "explanation"),
        ("is the lighthouse red", "yes_no"),
        ("who built the lighthouse", "fact"),
        ("show me a photo of the lighthouse", "show"),
        ("sum up the brochure on lighthouses", "summary"),
        ("list all lighthouses", "list"),
        ("how many lighthouses were sold in total", "count"),
        ("who took the photograph on the cover of the choir newsletter", "fact"),
        ("what was the result of the match against the scouts", "fact"),
        ("wer hat die Zusammenfassung der Chorprobe verschickt", "fact"),
        ("qui a rédigé le compte rendu de la régate", "fact"),
        ("合唱团照片是谁拍的", "fact"),
    ],
)
def test_the_matter_does_not_decide(intents, text, intent) -> None:
    assert intents.recognise(text)[0] == intent


@pytest.mark.parametrize(
    ("text", "answer_type"),
    [
        ("who counted the number of berths for the harbour report", "name"),
        ("when was the number of berths counted", "date"),
        ("how many people gave the boat its name", "number"),
        ("wann wurde der Kapitän geboren", "date"),
        ("qui a compté les bateaux", "name"),
        ("cuándo nació la capitana", "date"),
        ("船长是哪一年出生的", "date"),
    ],
)
def test_the_matter_does_not_decide_which_type_of_value_is_asked_for(intents, text, answer_type) -> None:
    assert intents.answer_type(text)[0] == answer_type


def test_capitals_accents_and_question_marks_change_nothing_or_little(intents) -> None:
    for plain, proper in (("por que se hunden los barcos", "¿Por qué se hunden los barcos?"), ("thanks", "Thanks!")):
        assert intents.recognise(plain)[0] == intents.recognise(proper)[0]


def test_how_sure_it_is_tells_clear_questions_from_doubtful_ones(intents) -> None:
    clear, sure = intents.recognise("what is the difference between a ferry and a barge")
    _, doubtful = intents.recognise("lighthouse")
    assert clear == "comparison"
    assert 0 < doubtful < sure <= 1


@pytest.mark.parametrize("text", ["", "  ", "?!", "…"])
def test_what_has_no_word_is_no_question(intents, text) -> None:
    assert intents.recognise(text) == ("none", 1.0)


@pytest.mark.parametrize("text", ["What did Quill play in the harbour band?", "where lies Noord?"])
def test_a_question_about_names_is_no_small_talk(intents, text) -> None:
    assert intents.recognise(text)[0] != "none"


@pytest.mark.parametrize("text", ["ᚠᚢᚦ", "🚢", "x" * 5000, "где находится маяк", "灯台はどこですか"])
def test_any_text_gets_one_of_the_intents(intents, text) -> None:
    intent, sure = intents.recognise(text)
    assert intent in intents.names
    assert 0 < sure <= 1


def test_every_intent_has_examples_in_every_language_and_none_twice() -> None:
    with INTENTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    amounts = Counter((row["intent"], row["language"]) for row in rows)
    assert len(amounts) == 9 * len(LANGUAGES)
    assert min(amounts.values()) >= 15
    assert len({(row["language"], row["text"]) for row in rows}) == len(rows)
    assert not {row["text"] for row in rows} & {text for _, _, text in QUESTIONS}


@pytest.mark.slow
def test_importing_it_loads_no_model_library() -> None:
    heavy = {"torch", "scipy", "ctranslate2", "transformers"}
    code = f"import sys, pipelines.query.intent; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("how many stairs does the lighthouse have", "number"),
        ("when did the ferry company close", "date"),
        ("at what time did the captain go to bed", "time"),
        ("um wie viel uhr wurde das wrack gefunden", "time"),
        ("à quelle heure le phare s'allume-t-il", "time"),
        ("who is the vet of the zoo", "name"),
        ("what is the roof of the barn covered with", "other"),
        ("wann wurde das museum eröffnet", "date"),
        ("combien de marches a le phare", "number"),
        ("quién dirige el coro", "name"),
        ("灯塔有多少级台阶", "number"),
    ],
)
def test_the_answer_type_of_a_fact_is_recognised(intents: Intents, question: str, wanted: str) -> None:
    assert intents.answer_type(question)[0] == wanted


@pytest.mark.parametrize(
    ("text", "language"), [("约翰・史密斯是谁？", "zh"), ("灯台はどこですか", "ja"), ("등대는 어디에 있습니까", "ko")]
)
def test_the_language_of_dense_scripts_is_told_by_their_own_signs(text, language) -> None:
    assert language_of(text) == language

"""What a chat model is trusted with is what it has shown, is asked once, and is never waited for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from pipelines.asking import abilities, probing
from pipelines.asking.abilities import SHIPPED, ability_of, described, known_of, measure_now
from pipelines.asking.probing import CHOOSE, SHORTEN, Item, Stopped, first_of, is_right, items, keeps, measure
from pipelines.errors import ModelUnavailable
from pipelines.models.choices import Choice
from pipelines.models.shelf import ModelShelf
from pipelines.models.weights import BUILT_IN
from tests.chat_servers import chat_server

Says = Callable[[str, Item], str]


class Fake(BaseChatModel):
    """Says what a function makes of the level that is asked for and the question. `asked` counts."""

    says: Any
    asked: list[str]

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        level = {SHORTEN: "shortens", CHOOSE: "chooses"}.get(str(messages[0].text), "writes")
        self.asked.append(level)
        item = next(each for each in items() if each.question in str(messages[-1].text))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.says(level, item)))])


def right(level: str, item: Item) -> str:
    if level == "chooses":
        return f"{item.answers[0]}"
    facts = " ".join(fact[0] for fact in item.facts)
    return facts if level == "writes" else " ".join(item.given)


def invents(level: str, item: Item) -> str:
    return "It is 4711, as everybody knows [1]." if level != "chooses" else "0"


def only(*able: str) -> Says:
    return lambda level, item: (right if level in able else invents)(level, item)


def shelf_of(folder: Path, fake: BaseChatModel | None = None, chat: str = "gguf:/models/small.gguf") -> ModelShelf:
    shelf = ModelShelf({"chat": chat}, folder)
    if fake is not None:
        shelf._loaded["chat"] = fake
    return shelf


def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a new start."""
    for name in ("_known", "_failed"):
        monkeypatch.setattr(abilities, name, {})


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_each_item_can_be_answered_and_its_passages_hold_what_it_asks_for() -> None:
    assert 18 <= len(items()) <= 24
    assert {place for item in items() for place in item.answers} == {1, 2, 3, 4}
    for item in items():
        told = " ".join(item.given)
        stated = [fact for fact in item.facts if probing._holds(probing._plain(told), fact)]
        assert stated and len(stated) >= len(item.facts) - (item.kind == "yes_no"), item.question
        assert is_right(item, right("writes", item)) and keeps(item, told), item.question
        everything = probing._plain(" ".join(text for _, text in item.passages))
        assert item.traps and all(probing._holds(everything, trap) for trap in item.traps), item.question
        assert not is_right(item, f"{right('writes', item)} {item.traps[0][0]}")


@pytest.mark.parametrize("able", ["writes", "shortens", "chooses", "quotes"])
def test_the_first_level_that_is_reached_counts(able: str) -> None:
    assert measure(Fake(says=only(able), asked=[])).ability == able


def test_what_is_certain_is_not_asked_for_any_longer() -> None:
    fake = Fake(says=invents, asked=[])
    found = measure(fake)
    assert found.right == {"writes": (0, 5), "shortens": (0, 3), "chooses": (0, 3)} and len(fake.asked) == 11
    assert measure(Fake(says=right, asked=[])).right == {"writes": (16, 16)}


def test_where_time_runs_out_a_few_right_answers_are_not_enough(monkeypatch) -> None:
    def asked(times: int) -> probing.Ability:
        clock = iter(range(10_000))
        monkeypatch.setattr(probing.time, "monotonic", lambda: next(clock) / 2)  # 1.5 s an answer
        return measure(Fake(says=only("writes"), asked=[]), seconds=1.5 * times).ability

    assert asked(3) == "quotes" and asked(10) == "writes"


def test_a_program_that_ends_waits_for_no_probe() -> None:
    with pytest.raises(Stopped):
        measure(Fake(says=right, asked=[]), stop=lambda: True)


def test_numbers_and_words_are_not_found_within_longer_ones_and_however_they_are_written() -> None:
    item = Item("fact", "?", (("a", "It cost 4,650 euros at gate 3, as Ms Lund said."),), (1,), (("4650",),), (("3",),))
    assert is_right(item, "**4,650** euros [3]") and is_right(item, "4.650 €") and is_right(item, "4650, of 13 and 3.5")
    assert not is_right(item, "14650") and not is_right(item, "4650.5") and not is_right(item, "4650 at gate 3.")
    assert keeps(item, "It cost 4,650 euros.") and not keeps(item, "It cost much.")
    assert not keeps(item, "4,650 euros in 2020.") and not keeps(item, "It cost 4,650 euros. " * 5)
    assert [first_of(said, 4) for said in ("3, 1", "Sentence 2.", "7", "none", "")] == [3, 2, 0, 0, 0]


def test_what_was_measured_is_kept_and_not_asked_again(tmp_path, monkeypatch) -> None:
    fake = Fake(says=only("chooses"), asked=[])
    assert measure_now(shelf_of(tmp_path, fake)).ability == "chooses"
    asked = len(fake.asked)
    forgotten(monkeypatch)
    assert ability_of(shelf_of(tmp_path, fake)) == "chooses" and len(fake.asked) == asked
    assert described(shelf_of(tmp_path)).startswith("chooses (writes: 0 of 5 right")
    assert [file.name for file in tmp_path.iterdir()] == ["abilities.json"]

    (row,) = json.loads((tmp_path / "abilities.json").read_text()).values()
    (tmp_path / "abilities.json").write_text(json.dumps({"small.gguf": {**row, "probe": "another"}}))
    forgotten(monkeypatch)
    assert known_of(shelf_of(tmp_path)) is None, "other questions were asked"
    for damaged in ("", "[]", '{"small.gguf": 3}', '{"small.gguf": {"probe"'):
        (tmp_path / "abilities.json").write_text(damaged)
        assert known_of(shelf_of(tmp_path)) is None


def test_nobody_waits_for_the_probe_and_it_runs_once(tmp_path) -> None:
    go, fake = threading.Event(), Fake(says=lambda level, item: go.wait(10) and right(level, item), asked=[])
    shelf = shelf_of(tmp_path, fake)
    assert [ability_of(shelf) for _ in range(3)] == ["quotes"] * 3 and described(shelf) == "not measured yet"
    go.set()
    until(lambda: ability_of(shelf) == "writes")
    assert len(fake.asked) == 16


def test_a_setting_overrides_the_probe_and_starts_none(tmp_path) -> None:
    fake = Fake(says=right, asked=[])
    assert ability_of(shelf_of(tmp_path, fake), "shortens") == "shortens" and fake.asked == []
    assert described(shelf_of(tmp_path, fake), "shortens") == "shortens (set)"
    assert (
        ability_of(shelf_of(tmp_path, chat="none")) == "quotes" and measure_now(shelf_of(tmp_path, chat="none")) is None
    )


@pytest.mark.slow  # the client of its provider is imported
def test_a_model_on_a_server_may_write_until_it_has_shown_that_it_invents(tmp_path) -> None:
    with chat_server(says="It is 4711, and red.") as server:
        shelf = shelf_of(tmp_path, chat=f"openai:m@{server.url}/v1")
        assert ability_of(shelf) == "writes"
        until(lambda: known_of(shelf) is not None)
        assert ability_of(shelf) == "quotes" and len(server.chats) == 11
        assert server.url not in (tmp_path / "abilities.json").read_text()
    assert ability_of(shelf_of(tmp_path, chat="openai:m@http://127.0.0.1:9/v1"), "quotes") == "quotes"


def test_a_model_that_is_down_is_trusted_with_nothing_until_it_is_up_again(tmp_path, monkeypatch) -> None:
    def down(level: str, item: Item) -> str:
        raise OSError("connection refused")

    fake = Fake(says=down, asked=[])
    shelf = shelf_of(tmp_path, fake, "openai:m@http://127.0.0.1:9/v1")
    found = measure_now(shelf)
    assert found.ability == "quotes" and "did not answer: connection refused" in found.note
    assert ability_of(shelf) == "quotes" and "connection refused" in described(shelf) and len(fake.asked) == 1
    assert not (tmp_path / "abilities.json").exists()
    fake.says = right
    monkeypatch.setattr(abilities, "_AGAIN", 0.0)
    assert ability_of(shelf) == "quotes", "it answers at once"
    until(lambda: ability_of(shelf) == "writes")


def test_a_model_that_cannot_be_loaded_is_no_exception(tmp_path) -> None:
    found = measure_now(shelf_of(tmp_path / "cache", chat=f"gguf:{tmp_path}/missing.gguf"))
    assert found.ability == "quotes" and "missing.gguf" in found.note


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    shelf = shelf_of(tmp_path / "file", Fake(says=right, asked=[]))
    assert measure_now(shelf).ability == "writes" and ability_of(shelf) == "writes"


def test_another_file_or_server_of_the_same_name_is_another_model(tmp_path) -> None:
    def identity(chat: str) -> str:
        return Choice.read("chat", chat).identity

    file = tmp_path / "x.gguf"
    before = identity(f"gguf:{file}")
    file.write_bytes(b"GGUF")
    assert before == "x.gguf" != identity(f"gguf:{file}")
    servers = [f"openai:m@http://{host}/v1" for host in ("one", "name:password@two")]
    assert len({*map(identity, servers)}) == 2 and "password" not in identity(servers[1])


def test_the_built_in_models_are_known() -> None:
    assert set(SHIPPED) == {BUILT_IN["chat"].model, BUILT_IN["chat light"].model}
    for chat in ("builtin", "builtin:light"):
        assert known_of(ModelShelf({"chat": chat}, Path("nowhere"))) is not None


def test_errors_of_a_provider_are_told_as_one_of_ours() -> None:
    def wrong(level: str, item: Item) -> str:
        raise ValueError("no key")

    with pytest.raises(ModelUnavailable, match="no key"):
        measure(Fake(says=wrong, asked=[]))


def test_a_grammar_leaves_the_built_in_model_no_other_words(shelf: ModelShelf) -> None:
    bound = shelf.chat.bound_to('root ::= "7, 3"')
    assert bound.invoke("How are you?").text == "7, 3" and shelf.chat.grammar == ""

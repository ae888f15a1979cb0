"""Settings: what beats what, and what is refused."""

import pytest

from app.settings import load_settings
from indexes.errors import UsageError


@pytest.fixture
def write(tmp_path, monkeypatch):
    for name in ("PORT", "TEXT", "PASSWORD"):
        monkeypatch.delenv(f"FOLIOSCOPE_{name}", raising=False)

    def write(text: str):
        (tmp_path / "folioscope.toml").write_text(text)
        return tmp_path / "folioscope.toml"

    return write


def test_options_beat_the_environment_which_beats_the_file(write, monkeypatch) -> None:
    file = write("port = 8001\ntext = 'hf:of/file'")
    assert load_settings({}, file).port == 8001
    monkeypatch.setenv("FOLIOSCOPE_PORT", "8002")
    assert load_settings({"port": None}, file).port == 8002
    settings = load_settings({"port": 8003}, file)
    assert (settings.port, settings.text, settings.image) == (8003, "hf:of/file", "builtin")


def test_a_password_of_digits_is_a_text(write) -> None:
    assert load_settings({}, write("password = 1234")).password == "1234"


@pytest.mark.parametrize("value", ["'many'", "78.5", "true", "''"])
def test_what_is_no_whole_number_is_refused(write, value) -> None:
    with pytest.raises(UsageError, match=r"port is .* no whole number"):
        load_settings({}, write(f"port = {value}"))


def test_a_setting_of_few_words_takes_no_others(write) -> None:
    settings = load_settings({}, write("unsupported = 'drop'\nhistory = 'off'"))
    assert (settings.unsupported, settings.history) == ("drop", "off")
    assert (load_settings({}, write("")).unsupported, load_settings({}, write("")).history) == ("mark", "on")
    with pytest.raises(UsageError, match=r"unsupported is 'hide', which is none of mark, drop"):
        load_settings({}, write("unsupported = 'hide'"))
    with pytest.raises(UsageError, match=r"history is 'True', which is none of on, off"):
        load_settings({}, write("history = true"))


def test_unknown_names_and_broken_files_are_named(write) -> None:
    with pytest.raises(UsageError, match=r"folioscope\.toml sets prot, .* port"):
        load_settings({}, write("prot = 1"))
    with pytest.raises(UsageError, match=r"folioscope\.toml cannot be read"):
        load_settings({}, write("port = = 1"))

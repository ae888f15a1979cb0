"""Words of opposite sense."""

from pipelines.checking.opposites import opposed


def test_words_are_opposed_when_listed_or_by_a_prefix() -> None:
    assert opposed("north", "west") and opposed("successful", "unsuccessful") and opposed("gain", "loss")
    assert not opposed("north", "northern") and not opposed("act", "inact")

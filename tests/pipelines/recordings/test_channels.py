"""Two voices on two channels."""

from __future__ import annotations

import numpy as np

from indexes.records import Cue
from pipelines.recordings.channels import apart, together
from pipelines.recordings.speech import Portion


def test_two_voices_are_apart_and_one_sound_on_both_is_not() -> None:
    one, other = np.random.default_rng(0).normal(0, 0.1, (2, 16000)).astype(np.float32)
    assert apart(one, other)
    assert not apart(one, 0.5 * one + 0.1 * other) and not apart(one, np.zeros_like(one))


def test_channels_are_one_talk_in_order_of_time() -> None:
    left = [Portion(5.0, (Cue(0, 1, "Hello?"), Cue(3, 4, "Fine.")), "en"), Portion(9.0, (), "en")]
    right = [Portion(2.0, (Cue(1, 2, "How are you?"),), "en"), Portion(9.0, (Cue(6, 7, "Bye."),), "en")]
    portions = list(together([iter(left), iter(right)]))
    cues = [cue for portion in portions for cue in portion.cues]
    assert [(cue.speaker[-1], cue.text) for cue in cues] == [
        ("1", "Hello?"), ("2", "How are you?"), ("1", "Fine."), ("2", "Bye.")
    ]  # fmt: skip
    assert all(cue.start < portion.until for portion in portions for cue in portion.cues)

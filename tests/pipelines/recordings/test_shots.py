"""What counts as another shot, on frames painted here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from pipelines.errors import ExtractionError
from pipelines.reading.kinds import kind_of
from pipelines.recordings.media import Frame, frames
from pipelines.recordings.shots import Shot, find_shots
from tests.making_media import make_video, slide

SIZE = (640, 360)
Paint = Callable[[float], Image.Image]


def film(paint: Paint, seconds: float, fps: float = 10.0) -> Iterator[Frame]:
    """`paint(second)` at every frame, with a little noise as cameras and codecs make it."""
    noise = np.random.default_rng(0).integers(0, 5, (8, SIZE[1], SIZE[0], 3), np.uint8)
    for number in range(round(seconds * fps)):
        picture = np.asarray(paint(number / fps))
        yield Frame(number / fps, np.minimum(picture, 250) + noise[number % 8])


@cache
def scene(seed: int) -> Image.Image:
    """A picture with large coloured shapes."""
    chance = np.random.default_rng(seed)
    picture = Image.new("RGB", SIZE, tuple(int(c) for c in chance.integers(0, 256, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y, w, h = (int(c) for c in chance.integers(30, 300, 4))
        pen.ellipse((x * 2, y, x * 2 + w, y + h), fill=tuple(int(c) for c in chance.integers(0, 256, 3)))
    return picture


@cache
def words(*lines: str) -> Image.Image:
    """A slide of full HD with ordinary print (24 px), seen at 640 px as frames of these tests are."""
    picture = Image.new("RGB", (1920, 1080), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(36)
    for number, line in enumerate(lines):
        pen.text((150, 150 + 80 * number), line, "black", font)
    return picture.resize(SIZE, Image.Resampling.BOX)


SLIDE = ("Quarterly figures", "Sales in the north rose to 450 boats", "Sales in the south fell to 289 boats")


def spans(shots: list[Shot]) -> list[tuple[float, float]]:
    return [(round(shot.start, 1), round(shot.end, 1)) for shot in shots]


def covered(shots: list[Shot], seconds: float) -> None:
    """One after the other, without a gap, each key frame in its own time."""
    assert shots[0].start == 0
    assert shots[-1].end == pytest.approx(seconds, abs=0.11)
    assert all(one.end == two.start for one, two in pairwise(shots))
    assert all(one.start <= one.time < one.end for one in shots)


def test_hard_cuts_are_found_to_a_tenth_of_a_second() -> None:
    shots = list(find_shots(film(lambda t: scene(int(t / 3)), 9, fps=25), 50))
    covered(shots, 9)
    assert [shot.start for shot in shots] == pytest.approx([0, 3, 6], abs=0.12)


def test_a_dissolve_gives_two_shots_and_no_key_frame_between() -> None:
    def paint(t: float) -> Image.Image:
        return Image.blend(scene(1), scene(2), min(1.0, max(0.0, t - 3)))

    shots = list(find_shots(film(paint, 8), 50))
    covered(shots, 8)
    assert len(shots) == 2 and 3 <= shots[1].start <= 4.1
    for shot, whole in zip(shots, (scene(1), scene(2)), strict=True):
        assert np.abs(np.asarray(shot.picture, int) - np.asarray(whole, int)).mean() < 4


def test_a_dissolve_between_moving_pictures_gives_two_shots() -> None:
    def paint(t: float) -> Image.Image:
        one, two = (np.roll(np.asarray(scene(number)), round(30 * t), axis=1) for number in (1, 2))
        return Image.blend(Image.fromarray(one), Image.fromarray(two), min(1.0, max(0.0, t - 3)))

    shots = list(find_shots(film(paint, 7), 50))
    covered(shots, 7)
    assert len([shot for shot in shots if shot.time < 3]) in (1, 2)
    assert any(2.8 <= shot.start <= 4.1 and shot.time >= 3.9 for shot in shots)


def test_one_number_that_changes_on_a_slide_is_another_shot() -> None:
    other = (SLIDE[0], SLIDE[1].replace("450", "458"), SLIDE[2])
    shots = list(find_shots(film(lambda t: words(*(SLIDE if t < 6 else other)), 12), 50))
    covered(shots, 12)
    assert spans(shots) == [(0, 6), (6, 12)]


@pytest.mark.slow
def test_a_slide_that_stays_for_five_minutes_is_one_shot() -> None:
    still = words(*SLIDE)
    assert spans(list(find_shots(film(lambda t: still, 300, fps=2.5), 50))) == [(0, 300)]


@pytest.mark.slow
def test_a_window_with_a_speaker_does_not_divide_a_slide() -> None:
    chance, still = np.random.default_rng(3), words(*SLIDE)

    def paint(t: float) -> Image.Image:
        picture = still.copy() if t < 30 else words("Thank you", "Questions?")
        pen = ImageDraw.Draw(picture)
        pen.rectangle((520, 280, 640, 360), "navy")
        x, y = (int(v) for v in chance.integers(-12, 12, 2))
        pen.ellipse((560 + x, 300 + y, 600 + x, 350 + y), "peachpuff")
        return picture

    assert spans(list(find_shots(film(paint, 40), 50))) == [(0, 30), (30, 40)]


def test_lines_that_come_one_by_one_are_shots_of_their_own() -> None:
    shots = list(find_shots(film(lambda t: words(*SLIDE[: 1 + int(t / 4)]), 12), 50))
    assert spans(shots) == [(0, 4), (4, 8), (8, 12)]


def test_what_is_being_typed_is_seen_when_it_stands_there() -> None:
    text = SLIDE[1]
    shots = list(find_shots(film(lambda t: words(SLIDE[0], text[: max(0, int((t - 4) * 12))]), 12), 50))
    assert len(shots) == 2 and 4 <= shots[0].end <= 5.2
    assert np.abs(np.asarray(shots[1].picture, int) - np.asarray(words(SLIDE[0], text), int)).mean() < 4


def test_what_a_cut_ends_before_it_was_written_to_the_end_is_seen() -> None:
    def paint(t: float) -> Image.Image:
        return words(SLIDE[0], (SLIDE[1] + SLIDE[2])[: max(0, int((t - 4) * 12))]) if t < 7 else scene(1)

    assert [shot.start for shot in find_shots(film(paint, 9), 50)] == pytest.approx([0, 4.5, 7], abs=0.6)


@pytest.mark.parametrize("light", ["white", "black"])
def test_a_flash_and_a_moment_of_black_divide_nothing(light: str) -> None:
    seconds = 0.2 if light == "white" else 1.0
    flash = Image.new("RGB", SIZE, light)
    shots = list(find_shots(film(lambda t: flash if 4 <= t < 4 + seconds else scene(1), 9), 50))
    assert spans(shots) == [(0, 9)]
    assert np.asarray(shots[0].picture).std() > 20


def test_black_at_the_beginning_gives_no_key_frame() -> None:
    black = Image.new("RGB", SIZE)
    shots = list(find_shots(film(lambda t: black if t < 1 else scene(1), 5), 50))
    assert spans(shots) == [(0, 5)] and shots[0].time >= 1


def test_a_video_that_is_blank_throughout_is_one_shot() -> None:
    assert spans(list(find_shots(film(lambda t: Image.new("RGB", SIZE, "red"), 5), 50))) == [(0, 5)]


def test_a_picture_that_comes_again_is_another_time() -> None:
    shots = list(find_shots(film(lambda t: scene(1 if t < 3 or t >= 6 else 2), 9), 50))
    assert spans(shots) == [(0, 3), (3, 6), (6, 9)]


@pytest.mark.slow
def test_a_counter_is_seen_counting_but_not_for_ever() -> None:
    shots = list(find_shots(film(lambda t: words("Counting", f"{int(t)} seconds gone"), 40), 200))
    covered(shots, 40)
    assert 5 <= len(shots) <= 24
    assert spans(shots)[:3] == [(0, 1), (1, 2), (2, 3)]


def test_something_that_passes_silently_is_seen() -> None:
    meadow = scene(1)

    def paint(t: float) -> Image.Image:
        picture = meadow.copy()
        x = round((t - 8) * 160)
        ImageDraw.Draw(picture).rectangle((x, 200, x + 110, 260), "red")
        return picture

    shots = list(find_shots(film(paint, 20), 50))
    covered(shots, 20)
    red = [shot for shot in shots if 8 <= shot.time <= 12]
    assert red and len(shots) <= 5
    assert any(
        (np.abs(np.asarray(shot.picture, int)[205:255] - (252, 2, 2)).max(axis=2) < 30).mean() > 0.1 for shot in red
    )


def test_the_key_frame_is_the_sharpest_near_the_middle() -> None:
    blurred = scene(1).filter(ImageFilter.GaussianBlur(0.6))

    def paint(t: float) -> Image.Image:
        return scene(1) if 4.5 <= t < 5.5 else blurred

    shots = list(find_shots(film(paint, 10), 50))
    assert spans(shots) == [(0, 10)]
    assert 4.5 <= shots[0].time < 5.5


@pytest.mark.slow
def test_a_budget_keeps_the_most_different_shots_and_covers_all() -> None:
    def paint(t: float) -> Image.Image:
        number = int(t / 2)
        return scene(1) if number % 3 == 0 else scene(2) if number % 3 == 1 else scene(10 + number)

    shots = list(find_shots(film(paint, 36), 8))
    covered(shots, 36)
    assert len(shots) == 8
    assert {int(shot.time / 2) for shot in shots} == {0, 1, 2, 5, 8, 11, 14, 17}


def test_slides_that_stand_for_a_second_are_kept_where_the_budget_holds_them() -> None:
    shots = list(find_shots(film(lambda t: scene(min(int(t), 6)), 20), 22, duration=20))
    covered(shots, 20)
    assert [shot.start for shot in shots] == pytest.approx(range(7), abs=0.12)


@pytest.mark.parametrize("budget", [1, 4, 30])
def test_shots_cover_a_video_that_is_longer_than_it_says(budget: int) -> None:
    shots = list(find_shots(film(lambda t: scene(int(t)), 16), budget, duration=8))
    covered(shots, 16)
    assert len(shots) == min(budget, 16)


@pytest.mark.slow
def test_with_a_known_duration_shots_come_while_frames_still_do() -> None:
    taken = 0

    def counted() -> Iterator[Frame]:
        nonlocal taken
        for frame in film(lambda t: scene(int(t / 2)), 40):
            taken += 1
            yield frame

    shots = find_shots(counted(), 100, duration=40)
    first = next(shots)
    assert first.start == 0 and taken < 75
    all_of_them = [first, *shots]
    covered(all_of_them, 40)
    assert len(all_of_them) == 20


def test_key_frames_alone_show_the_slides() -> None:
    def sparse() -> Iterator[Frame]:
        for frame in film(lambda t: words(f"Slide {int(t / 20)}", *SLIDE), 60):
            if round(frame.time, 1) % 4 == 0:
                yield frame

    shots = list(find_shots(sparse(), 50, duration=60))
    assert spans(shots) == [(0, 20), (20, 40), (40, 60)]


def test_what_could_be_read_comes_before_the_error() -> None:
    def broken() -> Iterator[Frame]:
        yield from film(lambda t: scene(int(t / 2)), 5)
        raise ExtractionError("film.mp4: damaged.")

    found = []
    with pytest.raises(ExtractionError):
        for shot in find_shots(broken(), 50):
            found.append(shot)
    assert spans(found) == [(0, 2), (2, 4), (4, 5)]


def test_nothing_comes_of_nothing() -> None:
    assert list(find_shots(iter(()), 50)) == []


@pytest.mark.slow
def test_a_real_file(tmp_path: Path) -> None:
    path = make_video(tmp_path / "talk.mp4", [(3, slide("Alpha")), (3, slide("Beta")), (2, "red")], size=(1280, 720))
    shots = list(find_shots(frames(path, kind_of(path)), 50))
    assert [shot.start for shot in shots] == pytest.approx([0, 3, 6], abs=0.15)
    assert shots[0].picture.size == (1280, 720)

"""Kills the product at random instants, and proves after each kill that nothing is lost and nothing doubled.

    python -m benchmarks.faults [KILLS] [SEED] [FILES]

A folder of texts and recordings changes from round to round: files are added, changed, copied, renamed and deleted.
Each round runs `index`, now and then `forget` or `doctor --repair`, through the command line's own `main` in a process
of its own (`benchmarks/killing.py`) that is killed with SIGKILL, 200 times unless another number is named. Half of the
kills come at any instant of a run. The other half come at any instant of one stage, so that the short ones, where a
library is most easily broken, have their share. After each kill another process opens the library and examines it:

- SQLite finds the file sound, the rules of `indexes/agreement.py` hold, and words and vectors agree with the rows;
- each path leads to what it led to before the command or to what it would lead to after it, and what should stay stays;
- each file that the ledger calls indexed is there whole: each of its sentences, which are all different, once;
- the words of each file find it, and so does its vector, if the ledger does not say that its vectors are still to come.

At the end one undisturbed `index` must make the library the same as a new one of the same folder, and leave no byte of
what has gone. The exit code is 1 where anything of this does not hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import tempfile
import time
import wave
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.killing import Aim, Kill, command, get_ready, in_process

KILLS = 200
FILES = 24  # in the folder, more or less
_SECONDS = 30  # of a recording; it is read as a draft, as if it were long
_LETTERS = "bdfgklmnprstvz"

Seen = dict[str, Any]
"""What `examined` gives: what is wrong, the ledger, the texts by source id, and where the words of each lead."""

Paths = dict[str, str]
"""Ids of sources by path."""


@dataclass(slots=True)
class Content:
    """What a file holds: bytes, and the sentences that must be found in it."""

    data: bytes
    sentences: list[str]

    @property
    def id(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Folder:
    """The files that change, and what they hold."""

    path: Path
    chance: random.Random
    files: dict[str, Content] = field(default_factory=dict)
    seen: dict[str, Content] = field(default_factory=dict)  # by id, all that ever was
    most: int = FILES  # from so many on, some are deleted

    def sentence(self) -> str:
        """One that stands nowhere else."""
        words = ["".join(self.chance.choice(_LETTERS) + self.chance.choice("aeiou") for _ in range(4)) for _ in "abc"]
        return f"The {words[0]} of {words[1]} keeps the {words[2]} in its own harbour."

    def write(self, name: str, content: Content) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.data)
        self.files[str(path)] = self.seen[content.id] = content

    def add_text(self, name: str) -> None:
        sentences = [self.sentence() for _ in range(self.chance.randint(4, 60))]
        self.write(name, Content("\n\n".join(sentences).encode(), sentences))

    def add_recording(self, name: str) -> None:
        """Silence that is told apart by its bytes, with subtitles beside it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sentences = [self.sentence() for _ in range(6)]
        cues = [
            f"{i + 1}\n00:00:{5 * i:02},000 --> 00:00:{5 * i + 4:02},000\n{each}\n" for i, each in enumerate(sentences)
        ]
        path.with_suffix(".srt").write_text("\n".join(cues))
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(self.chance.randbytes(16) + bytes(2 * 8000 * _SECONDS))
        self.write(name, Content(path.read_bytes(), sentences))

    def change(self, round: int) -> None:
        """A few things that people do to files."""
        texts = [path for path in self.files if path.endswith(".txt")]
        for step in range(self.chance.randint(1, 4)):
            name = f"{'old' if self.chance.random() < 0.3 else 'new'}/{round}-{step}"
            picked = self.chance.choice(texts)
            match self.chance.choice("add change copy rename delete recording".split()):
                case "change" if picked in self.files:
                    self.add_text(os.path.relpath(picked, self.path))
                case "copy" if picked in self.files:
                    self.write(f"{name}.txt", self.files[picked])
                case "rename" if picked in self.files:
                    self.write(f"{name}.txt", self.files[picked])
                    self.delete(picked)
                case "delete" if len(self.files) > self.most and picked in self.files:
                    self.delete(picked)
                case "recording" if sum(path.endswith(".wav") for path in self.files) < 4:
                    self.add_recording(f"{name}.wav")
                case _:
                    self.add_text(f"{name}.txt")

    def delete(self, path: str) -> None:
        Path(path).unlink()
        del self.files[path]

    def ids(self) -> Paths:
        return {path: content.id for path, content in self.files.items()}


def examined(library: Path, log: Path) -> Seen:
    """The library as a process of its own finds it: what is wrong, and what each path leads to."""

    def work(into: int) -> None:
        sys.stderr = log.open("a")
        with os.fdopen(into, "w") as out:
            json.dump(_examine(library), out)

    process, out = in_process(work)
    with os.fdopen(out) as told:
        text = told.read()
    os.waitpid(process, 0)
    return json.loads(text) if text else {"wrong": [log.read_text()[-500:]], "ledger": {}, "texts": {}, "found": {}}


def _examine(folder: Path) -> Seen:
    from indexes import shards
    from indexes.agreement import breaches
    from indexes.keywords import content_words
    from indexes.library import Library

    if not (folder / "catalogue.sqlite").exists():
        return {"wrong": [], "ledger": {}, "texts": {}, "found": {}}
    library = Library(folder, create=False)
    catalogue = library.catalogue
    wrong = [catalogue.damage()] if catalogue.damage() else []
    wrong += map(str, breaches(catalogue.connection))
    says = shards.check(catalogue.connection)
    wrong += [f"words: {says}"] if says else []
    ledger = {file.path: (file.status, file.source_id) for file in catalogue.files()}
    drafts = {source for status, source in ledger.values() if status == "draft"}
    segments = {id: catalogue.segments_of(id) for id in catalogue.sources()}
    texts = {id: [segment.text for segment in each] for id, each in segments.items()}
    found: dict[str, list[str]] = defaultdict(list)  # sources in which the rarest words of each source are found
    space = catalogue.space("text")
    vectors = {*catalogue.vector_ids(space["key"]).tolist()} if space is not None else set()
    for id, each in segments.items():
        if not each or space is None:
            continue
        chosen = each[len(each) // 2]
        word = max(content_words(chosen.text), key=lambda word: len(word))
        hits = library.search_keywords(word, 3)
        if chosen.id and chosen.id in vectors:
            (vector,) = catalogue.vectors(space["key"], [chosen.id], space["dimension"])
            hits += library.search_vectors("text", vector, 1)
            if chosen.id not in {hit.segment_id for hit in hits if hit.index == "text"}:
                wrong.append(f"the vector of segment {chosen.id} does not find it")
        if id not in drafts:
            wrong += [f"segment {segment.id} has no vector" for segment in each if segment.id not in vectors]
        found[id] = [s.source_id for s in catalogue.segments(hit.segment_id for hit in hits).values()]
    if space is not None:
        import numpy as np

        ids = {hit.segment_id for hit in library.search_vectors("text", np.eye(1, space["dimension"])[0], 10**6)}
        if ids != vectors:
            wrong.append("FAISS holds other vectors than the catalogue")
    library.close()
    return {"wrong": wrong, "ledger": ledger, "texts": texts, "found": found}


@dataclass
class Matrix:
    """What the kills did, by stage."""

    kills: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    doubled: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def judge(self, kill: str, stage: str, seen: Seen, before: Paths, after: Paths, folder: Folder) -> None:
        """Compare what was seen with what each path led to before the command, and would lead to after it."""
        self.kills[stage] += 1
        stays = {id for path, id in before.items() if after.get(path) in (None, id)} & {*after.values()}
        lost = [f"{path} leads elsewhere" for path in before | after
                if seen["ledger"].get(path, (None, None))[1] not in (before.get(path), after.get(path))]  # fmt: skip
        lost += [f"content {id[:8]} has gone" for id in stays - {*seen["texts"]}]
        doubled = []
        whole = {id for status, id in seen["ledger"].values() if status in ("indexed", "partial")}
        for id, texts in seen["texts"].items():
            joined = "\n".join(texts)
            counts = {each: joined.count(each) for each in folder.seen[id].sentences}
            lost += [f"{each!r} of {id[:8]} has gone" for each, n in counts.items() if not n and id in whole]
            doubled += [f"{each!r} of {id[:8]} stands {n} times" for each, n in counts.items() if n > 1]
            if texts and id not in seen["found"].get(id, ()):
                lost.append(f"{id[:8]} is not found")
        for problems, column in ((lost, self.lost), (doubled, self.doubled), (seen["wrong"], self.wrong)):
            column[stage] += len(problems)
            for problem in problems:
                print(f"faults: {kill}, {stage}: {problem}", file=sys.stderr)

    def show(self) -> None:
        print(f"{'killed while':<22}{'kills':>7}{'lost':>7}{'doubled':>9}{'disagreed':>11}")
        for stage, kills in sorted(self.kills.items(), key=lambda each: -each[1]):
            print(f"{stage:<22}{kills:>7}{self.lost[stage]:>7}{self.doubled[stage]:>9}{self.wrong[stage]:>11}")
        columns = (self.kills, self.lost, self.doubled, self.wrong)
        totals = [sum(column.values()) for column in columns]
        print(f"{'all':<22}{totals[0]:>7}{totals[1]:>7}{totals[2]:>9}{totals[3]:>11}", flush=True)


def main() -> None:
    kills, seed, files = (*map(int, sys.argv[1:4]), *(KILLS, 1, FILES)[len(sys.argv) - 1 :])
    get_ready()
    with tempfile.TemporaryDirectory() as temporary:
        rounds = Rounds(Path(temporary), random.Random(seed), files)
        rounds.run(kills)
        sys.exit(not rounds.held)


class Rounds:
    """A folder and its library, round after round."""

    def __init__(self, place: Path, chance: random.Random, files: int = FILES) -> None:
        self.place, self.chance = place, chance
        self.folder = Folder(place / "files", chance, most=files)
        self.library, self.log = place / "library", place / "log"
        self.aim, self.matrix = Aim(chance), Matrix()
        self.held = False  # whether everything did
        for number in range(files):
            self.folder.add_text(f"{'old' if number % 3 else 'new'}/{number}.txt")
        self.folder.add_recording("old/talk.wav")

    def run(self, kills: int) -> None:
        began, seen, done = time.monotonic(), self._see(), 0
        for number in count():
            if done == kills:
                break
            if number % 2 == 0:
                self.folder.change(number)
            before = {path: id for path, (_, id) in seen["ledger"].items() if id}
            name, arguments, after = self._chosen(before)
            if not self.aim.runs[name]:
                kill: Kill = lambda stage, now: None  # noqa: E731
            else:
                kill = self.aim.within_a_stage(name, self.matrix.kills) if done % 2 else self.aim.anywhere(name)
            run = command([*arguments, "--library", str(self.library)], self.log, kill)
            seen = self._see()
            if run.ended:
                self.aim.learn(name, run)
                continue
            done += 1
            self.matrix.judge(f"kill {done} of {name}", run.stages[-1][1], seen, before, after, self.folder)
            if done % 20 == 0:
                print(f"faults: {done} kills in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        self.matrix.show()
        self._compare()

    def _chosen(self, before: Paths) -> tuple[str, list[str], Paths]:
        """A command, and what each path leads to after it."""
        about = self.chance.random()
        if before and about < 0.12:
            path = self.chance.choice([*before])
            path = path if about < 0.06 else str(Path(path).parent)
            return "forget", ["forget", path], {p: id for p, id in before.items() if not f"{p}/".startswith(f"{path}/")}
        if before and about < 0.18:
            return "doctor", ["doctor", "--repair"], before
        return "index", ["index", str(self.folder.path)], self.folder.ids()

    def _see(self) -> Seen:
        return examined(self.library, self.log)

    def _compare(self) -> None:
        """The library after one undisturbed `index`, beside a new one of the same folder."""
        fresh = self.place / "fresh"
        for library in (self.library, fresh):
            command(["index", str(self.folder.path), "--library", str(library)], self.log, lambda stage, now: None)
        ours, new = self._see(), examined(fresh, self.log)
        read = [{path: seen["texts"][id] for path, (_, id) in seen["ledger"].items() if id} for seen in (ours, new)]
        same = read[0] == read[1] and not ours["wrong"]
        there = {sentence for content in self.folder.files.values() for sentence in content.sentences}
        gone = [s for content in self.folder.seen.values() for s in content.sentences if s not in there]
        data = b"".join(path.read_bytes() for path in self.library.rglob("*") if path.is_file())
        left = sum(sentence.encode() in data for sentence in gone)
        aside = [path.name for path in self.library.rglob("*.aside*")]
        print(f"after one undisturbed index: {'the same as' if same else 'NOT the same as'} a new library"
              f" ({len(read[1])} files); of {len(gone)} sentences that have gone, {left} are left in its files;"
              f" {len(aside)} unfinished files")  # fmt: skip
        matrix = self.matrix
        self.held = same and not left and not aside and not sum((matrix.lost + matrix.doubled + matrix.wrong).values())
        for problem in ours["wrong"]:
            print(f"faults: at the end: {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()

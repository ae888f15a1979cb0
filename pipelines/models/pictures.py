"""The image role: pictures and questions as unit vectors of one space, and words for what a picture surely shows.

It knows nothing of files, segments or indexes. Two ways lead to such a space: `PrototypePictures` joins the classifier
and the text model that come with the install; `OpenClipPictures` runs any open_clip model that a person has.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.models.efficientnet import Classifier, class_names, first_line

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.models.embedding import TextEmbedder


@dataclass(frozen=True)
class Look:
    """What a model saw: a (d,) float32 vector of unit length, and what is surely shown, best first (may be empty)."""

    vector: np.ndarray
    tags: tuple[str, ...]


class PictureEmbedder(Protocol):
    """Puts pictures and questions into one space of `dimension`; their dot product says how well they fit.

    A picture whose cosine to a question lies below `floor` has surely nothing to do with it.
    """

    name: str
    dimension: int
    floor: float

    def look(self, pictures: Sequence[Image]) -> list[Look]: ...

    def embed_question(self, text: str) -> np.ndarray: ...


PICTURES_A_BATCH = 4

RIDGE = 1.0
"""Of the linear map; prototypes have unit length, so it is a share of one. 0.3 to 10 do about equally well."""

TAG_SHARE = 0.25
"""Mean probability from which a class becomes a tag: 19 of 20 such tags are right on ImageNet photographs."""
MOST_TAGS = 4

PROMPT = "a photo of "
"""Stands before class names and questions alike, so that it says nothing in their comparison."""


class PrototypePictures:
    """A joint picture and text space without a jointly trained model.

    A classifier knows pictures, a sentence model knows words, and the names of the 1,000 classes belong to both.
    Two maps lead from picture to words, and a picture's vector is the sum of both:

    - ConSE (Norouzi et al. 2014, arXiv:1312.5650): the embeddings of the class names, weighted by their probability.
    - A ridge map in the manner of DeViSE (Frome et al. 2013), fitted on the classifier's own weight rows, which are
      visual prototypes of the classes, instead of on pictures. It also places what no class stands for.

    `graph` is the file that `convert_efficientnet` wrote; `cache` is a folder where the embedded class names are
    kept, which take seconds. Raises ModelUnavailable when it cannot be used.
    """

    # Over 149 photographs and 25 questions that no photograph answers, 98 % of the pairs lie below .15, and the best
    # photograph of all for such a question at .19 in the median.
    floor = 0.2

    def __init__(self, graph: Path, text: TextEmbedder, cache: Path | None = None) -> None:
        self._text = text
        self._classifier = Classifier(graph)
        self.name = f"efficientnet-lite2+{text.name}"
        self._classes, synonyms = class_names()
        both = [one if one == two else f"{one}, {two}" for one, two in zip(self._classes, synonyms, strict=True)]
        names = _embed_once([f"{PROMPT}a {label}" for label in both], text, cache)
        self.dimension = int(names.shape[1])
        self._centre = names.mean(axis=0)
        self._names = names - self._centre
        prototypes = _unit(self._classifier.rows - self._classifier.rows.mean(axis=0))
        gram = prototypes @ prototypes.T + RIDGE * np.eye(len(prototypes), dtype=np.float32)
        self._map = prototypes.T @ np.linalg.solve(gram, self._names)

    def look(self, pictures: Sequence[Image]) -> list[Look]:
        """One Look a picture, in the same order."""
        return [self._look(self._classifier.features(picture)) for picture in pictures]

    def embed_question(self, text: str) -> np.ndarray:
        """(d,) float32, unit length."""
        asked = PROMPT + text.removeprefix(PROMPT)
        return _unit(self._text.embed_passages([asked])[0] - self._centre).astype(np.float32)

    def _look(self, features: np.ndarray) -> Look:
        """`features` is (views, 1280)."""
        shares = self._classifier.shares(features)
        named = _unit(shares @ self._names)
        placed = _unit(_unit(features).mean(axis=0) @ self._map)
        best = np.argsort(-shares)[:MOST_TAGS]
        tags = tuple(self._classes[i] for i in best if shares[i] >= TAG_SHARE)
        return Look(_unit(named + placed).astype(np.float32), tags)


def _embed_once(texts: list[str], text: TextEmbedder, cache: Path | None) -> np.ndarray:
    """(n, d) float32; kept in the folder `cache` under a name that depends on the texts and the text model."""
    if cache is None:
        return text.embed_passages(texts)
    key = hashlib.sha256("\n".join([text.name, *texts]).encode()).hexdigest()[:16]
    file = cache / f"class-names-{key}.npy"
    try:
        kept = np.load(file, allow_pickle=False)
        if kept.ndim == 2 and len(kept) == len(texts):
            return np.asarray(kept, dtype=np.float32)
    except (OSError, ValueError, EOFError):
        pass  # not there yet, or not whole: it is made again
    vectors = text.embed_passages(texts)
    aside = file.with_suffix(f".{os.getpid()}.tmp")
    cache.mkdir(parents=True, exist_ok=True)
    with aside.open("wb") as stream:
        np.save(stream, vectors)
    aside.replace(file)
    return vectors


class OpenClipPictures:
    """Any open_clip model: `checkpoint` is one of its tags or the path of a file (safetensors, or torch tensors).

    `floor` is what unrelated things reach in this model, whose cosines have a level of their own: the mean cosine of
    pictures of nothing to questions that no picture answers. Raises ModelUnavailable when the model is unknown or
    cannot be read.
    """

    def __init__(self, arch: str, checkpoint: str, device: str = "cpu") -> None:
        try:
            import open_clip

            if not checkpoint:  # open_clip would go on with random weights
                raise ValueError("no checkpoint is named")
            model, _, prepare = open_clip.create_model_and_transforms(
                arch, pretrained=checkpoint, device=device, weights_only=True
            )
            self._tokenizer = open_clip.get_tokenizer(arch)
        except ImportError as error:
            raise ModelUnavailable(
                f"The picture model {arch} cannot be loaded: {error}. Install it with 'pip install open_clip_torch'."
            ) from error
        except Exception as error:  # open_clip raises many unrelated types
            raise ModelUnavailable(
                f"The picture model {arch}/{checkpoint} cannot be loaded: {first_line(error)}. "
                "Check both names, or give the path of a checkpoint on this computer."
            ) from error
        self._model: Any = model.eval()
        self._prepare: Any = prepare
        self._device = device
        self._lock = threading.Lock()
        self.name = f"openclip:{arch}/{checkpoint}"
        self.floor, self.dimension = self._measure()

    def look(self, pictures: Sequence[Image]) -> list[Look]:
        """One Look a picture, in the same order; no tags."""
        import torch

        looks: list[Look] = []
        for start in range(0, len(pictures), PICTURES_A_BATCH):
            part = pictures[start : start + PICTURES_A_BATCH]
            batch = torch.stack([self._prepare(picture.convert("RGB")) for picture in part]).to(self._device)
            with self._lock, torch.inference_mode():
                vectors = self._model.encode_image(batch, normalize=True)
            looks += [Look(vector, ()) for vector in vectors.float().cpu().numpy()]
        return looks

    def embed_question(self, text: str) -> np.ndarray:
        """(d,) float32, unit length."""
        import torch

        tokens = self._tokenizer([text]).to(self._device)
        with self._lock, torch.inference_mode():
            vector = self._model.encode_text(tokens, normalize=True)[0]
        return np.asarray(vector.float().cpu().numpy())

    def _measure(self) -> tuple[float, int]:
        from PIL import Image

        noise = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
        nothing = [Image.new("RGB", (224, 224), "grey"), Image.new("RGB", (224, 224), "white"), Image.fromarray(noise)]
        unanswerable = ["interest rates and inflation", "the password was reset", "a theorem about prime numbers"]
        seen = np.stack([look.vector for look in self.look(nothing)])
        asked = np.stack([self.embed_question(text) for text in unanswerable])
        return float((asked @ seen.T).mean()), int(seen.shape[1])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))

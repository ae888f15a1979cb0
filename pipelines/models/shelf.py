"""The one shelf of models: named roles, each loaded at first use, once, and released when memory is asked back.

Hands out loaded models. What may be chosen stands in `choices`; what the models do is left to `minilm`, `embedding`,
`pictures`, `ocr` and `generation`.
"""

from __future__ import annotations

import copy
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from indexes.errors import UsageError
from pipelines.errors import ModelUnavailable
from pipelines.models import devices
from pipelines.models.choices import DEFAULTS, EXAMPLES, TEXT, Choice, ModelInfo
from pipelines.models.pace import Pace
from pipelines.models.weights import BUILT_IN, Progress, built_in

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import BaseMessage, BaseMessageChunk
    from PIL.Image import Image

    from pipelines.finding.reranking import Reranker
    from pipelines.models.cross_encoder import BuiltInCrossEncoder
    from pipelines.models.crossing import Entailment
    from pipelines.models.embedding import TextEmbedder
    from pipelines.models.multilingual import MultilingualE5
    from pipelines.models.ocr import Line
    from pipelines.models.pictures import PictureEmbedder
    from pipelines.recordings.speech import Transcriber

log = logging.getLogger(__name__)

DEVICES = ("auto", "cpu", "cuda", "mps")
SIGHT = ("auto", "yes", "no")
_AGAIN = 60.0  # seconds after which a model that could not be loaded is tried once more
_PATIENCE = 600  # seconds that a server may be silent: one without a GPU reads long prompts and pictures for minutes


class Reader(Protocol):
    """Reads the text in a picture."""

    def read(self, picture: Image) -> list[Line]: ...


class ModelShelf:
    """Models by role: text, image, ocr, speech, chat, cross_encoder, and where they are set rerank and entailment.
    Making a shelf loads nothing. Safe to share between threads."""

    def __init__(
        self,
        choices: Mapping[str, str],
        cache: Path,
        device: str = "auto",
        answer_tokens: int = 220,
        chat_sees: str = "auto",
        captions: str = "off",
    ) -> None:
        """`cache`: folder in which built-in weights are put together. `chat_sees`: whether the chat model takes
        pictures; `captions`: whether it writes them for pictures that are indexed. Raises UsageError for a choice that
        is none.
        """
        if device not in DEVICES:
            raise UsageError(f"The device {device!r} is none of {', '.join(DEVICES)}.")
        if chat_sees not in SIGHT:
            raise UsageError(f"chat_sees={chat_sees} is none of {', '.join(SIGHT)}.")
        if captions not in ("off", "on"):
            raise UsageError(f"captions={captions} is none of off, on.")
        for role in choices:
            if role not in EXAMPLES:
                raise UsageError(f"There is no role {role!r}. Roles are: {', '.join(EXAMPLES)}.")
        self._choices = {role: Choice.read(role, choices.get(role, DEFAULTS.get(role, "builtin"))) for role in EXAMPLES}
        self._cache = cache
        self._device = device
        self._answer_tokens = answer_tokens
        self._chat_sees = chat_sees
        self.captions = captions == "on"
        self._keys = {role: role for role in EXAMPLES}  # under which what fills a role is kept
        self._set = {role: choice.name for role, choice in self._choices.items()}
        # Shared with all that `with_models` gives. 'words' are the built-in text vectors, which the roles text and
        # image may both stand on.
        self._loaded: dict[str, Any] = {}
        self._missing: dict[str, tuple[float, str]] = {}  # when, and why
        self._locks: dict[str, threading.Lock] = {}
        self._pace = Pace()

    def with_models(self, names: Mapping[str, str]) -> ModelShelf:
        """The same shelf with other models in the roles text and image, by the names that a library keeps. What is
        loaded is shared."""
        shelf = copy.copy(self)
        shelf._choices = {**self._choices, **{role: Choice.named(role, name) for role, name in names.items()}}
        keys = {role: role if self._set[role] == name else f"{role} {name}" for role, name in names.items()}
        shelf._keys = {**self._keys, **keys}
        return shelf

    def embedder(self, role: str) -> TextEmbedder | PictureEmbedder:
        """What fills the role text or image. Raises ModelUnavailable."""
        return self.text if role == "text" else self.image

    def missing(self, role: str) -> str:
        """Why the model of the role text or image could not be loaded the last time it was tried; '' otherwise. Loads
        nothing."""
        return self._missing.get(self._keys[role], (0.0, ""))[1]

    def loads(self, role: str) -> bool:
        """Whether the model of the role text or image can be loaded, which it is then."""
        when, why = self._missing.get(self._keys[role], (0.0, ""))
        if why and time.monotonic() - when < _AGAIN:
            return False
        try:
            self.embedder(role)
        except ModelUnavailable as error:
            self._missing[self._keys[role]] = time.monotonic(), str(error)
            return False
        self._missing.pop(self._keys[role], None)
        return True

    @property
    def text(self) -> TextEmbedder:
        embedder: TextEmbedder = self._get("text", self._load_text)
        return embedder

    @property
    def image(self) -> PictureEmbedder:
        embedder: PictureEmbedder = self._get("image", self._load_image)
        return embedder

    @property
    def ocr(self) -> Reader:
        reader: Reader = self._get("ocr", self._load_ocr)
        return reader

    @property
    def speech(self) -> Transcriber:
        transcriber: Transcriber = self._get("speech", lambda: self._load_speech("speech"))
        return transcriber

    @property
    def closer_speech(self) -> Transcriber:
        """Hears long recordings again, in their second pass."""
        transcriber: Transcriber = self._get("closer_speech", lambda: self._load_speech("closer_speech"))
        return transcriber

    @property
    def chat(self) -> BaseChatModel:
        model: BaseChatModel = self._get("chat", self._load_chat)
        return model

    @property
    def chat_sees(self) -> bool:
        """Whether the chat model takes pictures. Loads it if that cannot be told otherwise."""
        if self._chat_sees != "auto":
            return self._chat_sees == "yes"
        if self._choices["chat"].blind:
            return False
        from pipelines.models.sight import sees

        return sees(self.chat)

    @property
    def cache(self) -> Path:
        """The folder of what is made once of the models."""
        return self._cache

    @property
    def has_chat(self) -> bool:
        """Whether a chat model is set. Loads nothing."""
        return self._choices["chat"].kind != "none"

    @property
    def chat_is_served(self) -> bool:
        """Whether the chat model runs on a server that a person has named. Loads nothing."""
        return self._choices["chat"].kind not in ("none", "builtin", "gguf", "hf")

    @property
    def chat_speed(self) -> tuple[float, float] | None:
        """Tokens a second that the chat model reads and writes, as a median of its last answers; None before it has
        answered or was warmed."""
        return self._pace.speed

    def timed(self, stream: Iterator[BaseMessageChunk], prompt: str) -> Iterator[BaseMessageChunk]:
        """The chat model's stream, measured on the way where the model does not measure itself, as those on servers.

        Tokens are then counted by the text model, which is near enough.
        """
        if hasattr(self.chat, "pace"):
            return stream
        return self._pace.timed(stream, self.text.tokens(prompt), lambda chunk: self.text.tokens(str(chunk.text)))

    @property
    def rerank(self) -> Reranker | None:
        """Puts what was found into a better order; None where none is set."""
        if self._choices["rerank"].kind == "none":
            return None
        model: Reranker = self._get("rerank", self._load_rerank)
        return model

    @property
    def entailment(self) -> Entailment | None:
        """Judges whether one text follows from another; None where no model is set."""
        if self._choices["entailment"].kind == "none":
            return None
        model: Entailment = self._get("entailment", self._load_entailment)
        return model

    @property
    def cross_encoder(self) -> BuiltInCrossEncoder | None:
        """The built-in model that reads two texts together; None where it is switched off."""
        if self._choices["cross_encoder"].kind == "none":
            return None
        model: BuiltInCrossEncoder = self._get("cross_encoder", self._load_cross_encoder)
        return model

    @property
    def multilingual(self) -> bool | None:
        """Whether the text model reads more than English; None where that is not known before it is loaded."""
        choice, loaded = self._choices["text"], self._loaded.get(self._keys["text"])
        if choice.kind == "builtin":
            return choice.value == "multilingual" or len(choice.weights) > 1
        return None if loaded is None else bool(loaded.multilingual)

    def name(self, role: str) -> str:
        """What fills a role, without loading it. A library keeps this name with its vectors."""
        return self._choices[role].name

    def identity(self, role: str) -> str:
        """The name of what fills a role, with what tells it from others of that name. Loads nothing."""
        return self._choices[role].identity

    def warm_chat(self, messages: Sequence[BaseMessage]) -> None:
        """Load the chat model and let it read the fixed start of every prompt, where it can keep that."""
        warm = getattr(self.chat, "warm", None)
        if warm is not None:
            warm(messages)

    def prepare(self, progress: Progress | None = None) -> None:
        """Put the built-in weights together that the choices need. Loads no model; quick when it was done before."""
        for weights in dict.fromkeys(w for choice in self._choices.values() for w in choice.weights):
            built_in(weights, self._cache, progress)

    def describe(self) -> list[ModelInfo]:
        """What fills each role. Loads nothing."""
        device = self._known_device()
        return [choice.describe(device, self._keys[role] in self._loaded) for role, choice in self._choices.items()]

    def release(self, role: str) -> None:
        """Give the memory of a role back; its next use loads it again."""
        for key in (self._keys[role], "languages", "words") if role == "text" else (self._keys[role],):
            with self._lock(key):
                self._loaded.pop(key, None)
        gc.collect()

    def _get(self, role: str, load: Callable[[], Any]) -> Any:
        key = self._keys.get(role, role)
        model = self._loaded.get(key)
        if model is not None:
            return model
        with self._lock(key):
            if key not in self._loaded:  # another thread may have loaded it meanwhile
                began = time.monotonic()
                self._loaded[key] = load()
                if role in self._choices:
                    info = self._choices[role].describe(self._known_device(), True)
                    log.info("loaded %s on %s in %.1f s", info.model, info.device, time.monotonic() - began)
            return self._loaded[key]

    def _lock(self, key: str) -> threading.Lock:
        return self._locks.setdefault(key, threading.Lock())

    def _load_text(self) -> TextEmbedder:
        choice = self._choices["text"]
        if choice.kind == "builtin":
            if choice.value == "multilingual":
                return self._load_multilingual()
            embedder: TextEmbedder = (
                self._get("languages", self._load_languages)
                if len(choice.weights) > 1
                else self._get("words", self._load_words)
            )
            return embedder
        from pipelines.models.embedding import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(_folder_or_id(choice.value), choice.value, self._torch_device())

    def _load_multilingual(self) -> MultilingualE5:
        from pipelines.models.multilingual import MultilingualE5

        return MultilingualE5(built_in(TEXT[1], self._cache), self._cache, self._torch_device())

    def _load_languages(self) -> TextEmbedder:
        from pipelines.models.languages import AllLanguages

        name = "+".join(weights.model for weights in TEXT)
        return AllLanguages(name, self._get("words", self._load_words), self._load_multilingual)

    def _load_words(self) -> TextEmbedder:
        from pipelines.models.minilm import MiniLM

        return MiniLM(built_in(BUILT_IN["text"], self._cache).parent, self._cache, self._torch_device())

    def _load_image(self) -> PictureEmbedder:
        choice = self._choices["image"]
        from pipelines.models.pictures import OpenClipPictures, PrototypePictures

        if choice.kind == "builtin":
            graph = built_in(BUILT_IN["image"], self._cache)
            return PrototypePictures(graph, self._get("words", self._load_words), self._cache)
        arch, _, checkpoint = choice.value.partition("/")
        return OpenClipPictures(arch, checkpoint, self._torch_device())

    def _load_ocr(self) -> Reader:
        choice = self._choices["ocr"]
        if choice.kind == "none":
            return NoReader()
        from pipelines.models.ocr import PageReader

        return PageReader()

    def _load_speech(self, role: str) -> Transcriber:
        from pipelines.models.whisper import FasterWhisper, OpenAIWhisper
        from pipelines.recordings.speech import NoTranscriber, Transcriber

        choice = self._choices[role]
        if choice.kind == "none":
            return NoTranscriber()
        if choice.kind == "openai-whisper":
            return Transcriber(OpenAIWhisper(Path(choice.value).expanduser(), choice.name, self._torch_device()))
        where = str(built_in(choice.weights[0], self._cache).parent) if choice.weights else _folder_or_id(choice.value)
        return Transcriber(FasterWhisper(where, choice.name, self._device))

    def _load_cross_encoder(self) -> BuiltInCrossEncoder:
        from pipelines.models.cross_encoder import BuiltInCrossEncoder

        return BuiltInCrossEncoder(built_in(BUILT_IN["text"], self._cache).parent, self._cache, self._torch_device())

    def _load_rerank(self) -> Reranker:
        from pipelines.models.crossing import CrossEncoder

        value = self._choices["rerank"].value
        return CrossEncoder(_folder_or_id(value), value, self._torch_device())

    def _load_entailment(self) -> Entailment:
        from pipelines.models.crossing import Entailment

        value = self._choices["entailment"].value
        return Entailment(_folder_or_id(value), value, self._torch_device())

    def _load_chat(self) -> BaseChatModel:
        choice = self._choices["chat"]
        if choice.kind == "none":
            raise ModelUnavailable(f"No chat model is set (chat=none). Set one, for example: {EXAMPLES['chat']}.")
        most = self._answer_tokens
        if choice.weights or choice.kind == "gguf":
            from pipelines.models.generation import LlamaCppChat

            path = built_in(choice.weights[0], self._cache) if choice.weights else Path(choice.value).expanduser()
            return LlamaCppChat(path=path, name=choice.name, max_tokens=most, pace=self._pace)
        if choice.kind == "hf":
            from pipelines.models.torch_chat import TransformersChat

            return TransformersChat(
                model=_folder_or_id(choice.value),
                name=choice.name,
                max_tokens=most,
                device=self._torch_device(),
                pace=self._pace,
            )
        return _chat_of_provider(choice, most)

    def _known_device(self) -> str:
        # Only torch may know it, and to import that takes seconds.
        return self._torch_device() if "torch" in sys.modules or self._loaded else self._device

    def _torch_device(self) -> str:
        return devices.best() if self._device == "auto" else self._device


class NoReader:
    """For people who have switched reading pictures off."""

    def read(self, picture: Image) -> list[Line]:
        return []


def _folder_or_id(value: str) -> str:
    folder = Path(value).expanduser()
    return str(folder) if folder.is_dir() else value


def _chat_of_provider(choice: Choice, most: int) -> BaseChatModel:
    """PROVIDER:MODEL[@BASE_URL] through LangChain; keys come from the provider's own environment variables."""
    from langchain.chat_models import init_chat_model

    model, at, rest = choice.value.rpartition("@http")
    options: dict[str, Any] = {"temperature": 0, "max_tokens": most}
    if choice.kind == "ollama":  # its client would wait for ever
        options = {"temperature": 0, "num_predict": most, "client_kwargs": {"timeout": _PATIENCE}}
    if at:
        options["base_url"] = f"http{rest}"
    if at and choice.kind == "openai" and not os.environ.get("OPENAI_API_KEY"):
        options["api_key"] = "none"  # most servers of one's own want no key, but the client insists on one
    try:
        return init_chat_model(model if at else choice.value, model_provider=choice.kind, **options)
    except ImportError as error:
        raise ModelUnavailable(
            f"chat={choice.kind}:{choice.value} needs another package. Run: pip install langchain-{choice.kind}"
            f" (LangChain says: {str(error).splitlines()[0]})"
        ) from error
    except Exception as error:  # each provider has errors of its own, for a missing key most of all
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(
            f"chat={choice.kind}:{choice.value} cannot be used: {reason} Examples: {EXAMPLES['chat']}."
        ) from error

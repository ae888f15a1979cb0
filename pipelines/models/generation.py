"""The chat role: models of this computer behind LangChain's BaseChatModel. Knows messages, nothing of evidence.

GGUF files run on llama.cpp (`LlamaCppChat`, here), model folders in safetensors on transformers (`torch_chat`). Both
stream, and both stop writing when the consumer closes the stream.
"""

from __future__ import annotations

import atexit
import queue
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from pipelines.errors import ModelUnavailable
from pipelines.models.devices import cores
from pipelines.models.pace import Pace

CONTEXT = 4096
"""Tokens of prompt and answer that llama.cpp holds at once."""

_PROMPT_CACHE_MB = 256
_WARM = 8  # tokens that are written to see how fast that is
_LOOKED_UP, _PROPOSED = 2, 4  # tokens: the last two are looked up in the prompt, the four behind them proposed
_END = object()

_writers: set[threading.Thread] = set()
_leaving = threading.Event()


@atexit.register
def _stop_writers() -> None:
    # A thread that still runs in C++ while Python shuts down would abort the process.
    _leaving.set()
    for writer in list(_writers):
        writer.join()


class LocalChat(BaseChatModel):
    """What both kinds share: one thread writes, the consumer reads, and closing the stream stops the writer.

    A subclass has one method, `_write(messages, stop_words, give)`: it calls `give(chunk)` for each piece of text and
    ends at once when that returns True. It tells `pace` how long that took.
    """

    name: str | None = None
    max_tokens: int = 256
    temperature: float = 0.0
    pace: Pace = Field(default_factory=Pace, exclude=True, repr=False)

    def _write(self, messages: list[BaseMessage], stop: list[str], give: Callable[[ChatGenerationChunk], bool]) -> None:
        raise NotImplementedError

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        if _leaving.is_set():
            raise ModelUnavailable("The program is ending.")
        written: queue.SimpleQueue[Any] = queue.SimpleQueue()
        closed = threading.Event()

        def give(chunk: ChatGenerationChunk) -> bool:
            written.put(chunk)
            return closed.is_set() or _leaving.is_set()

        def write() -> None:
            try:
                self._write(messages, stop or [], give)
                written.put(_END)
            except BaseException as error:
                written.put(error)
            finally:
                _writers.discard(threading.current_thread())

        writer = threading.Thread(target=write, name="chat writer", daemon=True)
        _writers.add(writer)
        writer.start()
        try:
            while (chunk := written.get()) is not _END:
                if isinstance(chunk, BaseException):
                    raise chunk
                if run_manager is not None and chunk.text:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
        finally:
            closed.set()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))


class LlamaCppChat(LocalChat):
    """A GGUF file on llama.cpp, inside this process. Two answers at once share the cores; the start of a prompt that
    was read before is not read again.

    Raises ModelUnavailable when the file is missing, is no GGUF, or cannot be loaded.
    """

    path: Path
    context: int = CONTEXT
    threads: int = 0
    grammar: str = ""
    _server: Any = PrivateAttr()
    _key: str = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._key = secrets.token_urlsafe(32)
        self._server = _start_llama(self.path, self.context, self.threads or cores(), self._key)

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    @property
    def endpoint(self) -> tuple[str, str]:
        """Base URL of the model in OpenAI's dialect, on this machine only, and the key without which it says no."""
        return f"{self._server.listening_address}/v1", self._key

    def bound_to(self, grammar: str) -> LlamaCppChat:
        """The same loaded model, which can write nothing but what a grammar (GBNF) allows."""
        return self.model_copy(update={"grammar": grammar})

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """Read a prompt without answering, so that prompts that begin like it are answered sooner. A few words are
        written, so that it is known how fast."""
        self._complete(list(messages), [], _WARM, lambda chunk: False)

    def _write(self, messages: list[BaseMessage], stop: list[str], give: Callable[[ChatGenerationChunk], bool]) -> None:
        self._complete(messages, stop, self.max_tokens, lambda chunk: give(_from_openai(chunk)))

    def _complete(
        self, messages: list[BaseMessage], stop: list[str], most: int, give: Callable[[dict[str, Any]], bool]
    ) -> None:
        failures: list[str] = []

        def take(chunk: dict[str, Any]) -> bool:
            if "error" in chunk:
                failures.append(chunk["error"].get("message", "unknown reason"))
                return True
            if timings := _timings(chunk):
                self.pace.add_read(timings["prompt_n"], timings["prompt_ms"] / 1000)
                self.pace.add_written(timings["predicted_n"], timings["predicted_ms"] / 1000)
            return give(chunk)

        request = {
            "messages": convert_to_openai_messages(messages),
            "stream": True,
            "temperature": self.temperature,
            "max_tokens": most,
            "stop": stop,
            **({"grammar": self.grammar} if self.grammar else {}),
        }
        self._server.handle_chat_completions(request, take)
        if failures:
            raise ModelUnavailable(f"The chat model {self.name or self.path.name} could not answer: {failures[0]}.")


def _start_llama(path: Path, context: int, threads: int, key: str) -> Any:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelUnavailable(f"The chat model {path} cannot be read: {error.strerror}. Check the path.") from error
    if magic != b"GGUF":
        raise ModelUnavailable(f"The chat model {path} is no GGUF file. Name a file that ends in .gguf.")
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelUnavailable(f"The chat model {path} needs llama.cpp: {error}. Run: pip install xllamacpp") from error
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = context
    params.n_parallel = 2
    params.kv_unified = True  # the slots share the context instead of halving it
    params.cpuparams_batch.n_threads = threads  # for reading
    # Threads that write wait for each other at every layer. With one core left to others, writing takes 18 instead of
    # 23 tokens a second on two idle cores, but never falls to 3 when something else runs, as indexing may.
    params.cpuparams.n_threads = max(1, threads - 1)
    # Answers copy from their evidence. What stood there behind the last two tokens is proposed as the next four, which
    # the model reads all at once, on all cores: where it would have written the same, they cost little more than one.
    # Prompt lookup decoding (Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding). Over 7 prompts 8.0 tokens a
    # second became 13.4, with the same words; 8 proposed tokens gave 10.7. What is proposed wrongly is never written.
    params.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
    params.speculative.ngram_simple.size_n = _LOOKED_UP
    params.speculative.ngram_simple.size_m = _PROPOSED
    params.cache_ram_mib = _PROMPT_CACHE_MB
    params.warmup = False
    params.verbosity = -1
    # llama.cpp always listens. Any page in a browser of this machine could ask it, so it wants a key that only we know.
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [key]
    params.ui = False
    params.endpoint_slots = False
    try:
        return xllamacpp.Server(params)
    except Exception as error:
        raise ModelUnavailable(
            f"The chat model {path} cannot be loaded: {error}. It may be damaged, or need more memory than is free."
        ) from error


def _from_openai(chunk: dict[str, Any]) -> ChatGenerationChunk:
    """One streamed chunk in OpenAI's dialect. The last one carries llama.cpp's timings."""
    choice = (chunk.get("choices") or [{}])[0]
    text = (choice.get("delta") or {}).get("content") or ""
    timings = _timings(chunk)
    return ChatGenerationChunk(
        message=AIMessageChunk(content=text, response_metadata={"timings": timings} if timings else {})
    )


def _timings(chunk: dict[str, Any]) -> dict[str, Any]:
    """Of the last chunk. Others may carry timings so far, which cannot be added up."""
    choice = (chunk.get("choices") or [{}])[0]
    timings: dict[str, Any] = chunk.get("timings", {}) if choice.get("finish_reason") else {}
    return timings

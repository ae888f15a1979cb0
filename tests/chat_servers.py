"""Servers that speak the dialects of chat servers, and remember what they were asked."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image


class ChatServer(ThreadingHTTPServer):
    """Answers `says` to what it is asked in OpenAI's dialect or Ollama's.

    `asked` are the requests as (path, JSON). `sees` false: requests with pictures are refused, as servers do whose
    model takes none.
    """

    daemon_threads = True

    def __init__(self, says: str = "It is red.", sees: bool = True, capabilities: list[str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.says, self.sees, self.capabilities = says, sees, capabilities
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def chats(self) -> list[list[dict[str, Any]]]:
        """The messages of each request for an answer."""
        return [body["messages"] for path, body in self.asked if path != "/api/show"]


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        if self.path == "/api/show":
            self._send(200, json.dumps({"capabilities": self.server.capabilities, "details": {}, "model_info": {}}))
        elif not self.server.sees and pictures(body["messages"][-1]):
            self._send(400, json.dumps({"error": {"message": "image input is not supported", "type": "bad_request"}}))
        elif self.path == "/v1/chat/completions":
            self._send(200, self._openai(body), "text/event-stream" if body.get("stream") else "application/json")
        elif self.path == "/api/chat":
            self._send(200, self._ollama(), "application/x-ndjson")
        else:
            self._send(404, "{}")

    def _openai(self, body: dict[str, Any]) -> str:
        common = {"id": "1", "created": 1, "model": body["model"]}
        if not body.get("stream"):
            choice = {"index": 0, "finish_reason": "stop"}
            choice["message"] = {"role": "assistant", "content": self.server.says}  # type: ignore[assignment]
            return json.dumps({**common, "object": "chat.completion", "choices": [choice]})
        deltas = [{"content": word + " "} for word in self.server.says.split()]
        chunks = [
            {**common, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]} for delta in deltas
        ]
        return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"

    def _ollama(self) -> str:
        words = self.server.says.split()
        lines = [
            {"model": "m", "message": {"role": "assistant", "content": word + " "}, "done": False} for word in words
        ]
        lines.append(
            {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
        )
        return "".join(json.dumps(line) + "\n" for line in lines)

    def _send(self, status: int, body: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


@contextmanager
def chat_server(**options: Any) -> Iterator[ChatServer]:
    server = ChatServer(**options)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pictures(message: dict[str, Any]) -> list[Image.Image]:
    """The pictures of a message in either dialect, decoded."""
    if isinstance(message["content"], str):
        coded = message.get("images") or []
    else:
        urls = [block["image_url"]["url"] for block in message["content"] if block["type"] == "image_url"]
        assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
        coded = [url.partition(",")[2] for url in urls]
    found = [Image.open(io.BytesIO(base64.b64decode(each))) for each in coded]
    for picture in found:
        picture.load()
    return found

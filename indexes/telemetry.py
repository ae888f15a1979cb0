"""Nothing that we rest on may report home. Switched off in the environment, which child processes inherit, and before
anything else of ours is imported, since some libraries decide once, when they are loaded."""

from __future__ import annotations

import os

OFF = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime: from 1.29 on, its Linux wheels send events and keep a device id
    "LANGSMITH_TRACING": "false",  # LangChain: every trace, and so every question and passage, to a tracing service
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def switch_off() -> None:
    """Also what a person set for other programs: that was not said of this one's files."""
    os.environ.update(OFF)

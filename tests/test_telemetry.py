"""Nothing that the product rests on reports home, in any of its processes, whatever the environment says."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from indexes.telemetry import OFF
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

# What the process of a person has not: some libraries are silent where they think that they are tested.
TESTING = {"CI", "ORT_RUNNING_UNIT_TESTS", "PYTEST_CURRENT_TEST"} | set(OFF)

RUN_ONNX = """
import numpy, onnxruntime
from onnx import TensorProto, helper
value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])
graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [value("x")], [value("y")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
assert session.run(None, {"x": numpy.ones(1, numpy.float32)})[0][0] == -1
"""

RUN_CHAIN = """
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.langchain import wait_for_all_tracers
assert RunnableLambda(lambda text: text + "!").invoke("a secret") == "a secret!"
wait_for_all_tracers()
"""


def run(code: str, home: Path, **more: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in TESTING}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), **more}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=120)


@pytest.mark.parametrize("package", ["indexes", "pipelines", "app", "pipelines.reading.process"])
def test_the_runtime_of_models_keeps_no_identity(tmp_path: Path, package: str) -> None:
    """It would write a device id and a queue of events below the home folder before it sends them."""
    run(f"import {package}\n{RUN_ONNX}", tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_no_trace_of_a_chain_is_sent_where_the_environment_asks_for_it(tmp_path: Path) -> None:
    sent: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(202)
            self.end_headers()

        do_GET = do_PATCH = do_POST

        def log_message(self, *_: object) -> None: ...

    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    try:
        asked = {"LANGSMITH_API_KEY": "k", "LANGSMITH_ENDPOINT": f"http://127.0.0.1:{collector.server_port}"}
        asked |= {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true"}
        run(RUN_CHAIN, tmp_path, **asked)
        assert sent, "the collector would have noticed nothing"
        sent.clear()
        run(f"import pipelines\n{RUN_CHAIN}", tmp_path, **asked)
        assert sent == []
    finally:
        collector.shutdown()
        collector.server_close()

"""ONNX graphs in memory, run by ONNX Runtime on the processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def session(file: Path, threads: int) -> Any:
    """An InferenceSession that keeps its memory from run to run. Raises what ONNX Runtime does, of unrelated types."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # else as much again is kept for each size of picture
    exactly = {"arena_extend_strategy": "kSameAsRequested"}
    return onnxruntime.InferenceSession(str(file), options, providers=[("CPUExecutionProvider", exactly)])


def give_back(session: Any, shape: tuple[int, ...]) -> None:
    """Let go of the memory that a session keeps: ONNX Runtime does so at the end of a run, here of one over `shape`,
    which should be small."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    session.run(None, {session.get_inputs()[0].name: np.zeros(shape, np.float32)}, options)

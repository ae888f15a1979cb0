"""ONNX graphs in memory, run by ONNX Runtime on the processor, with one store of memory for what they compute."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any

_REGION = 1 << 30
"""Bytes of address space that are asked for at once; only what is written to becomes memory. In one region freed parts
join, so that twenty pages of different sizes are read in 735 instead of 1,040 MB."""

_lock = threading.Lock()


def session(file: Path, threads: int) -> Any:
    """An InferenceSession that keeps the memory of a run for the next one, also of another session, until `give_back`.
    What a run gives stands in it, too: copy what is to stay.

    Raises what ONNX Runtime does, of unrelated types.
    """
    import onnxruntime

    with _lock:
        _make_arena()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait for each other sleep: beside other work a page was read in 16 instead of 27 s, alone as fast.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = False  # else as much again is kept for each size of picture
    options.add_session_config_entry("session.use_env_allocators", "1")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def give_back(session: Any, shape: tuple[int, ...]) -> None:
    """Let go of the memory that sessions keep, as far as none of them is running: ONNX Runtime does so at the end of a
    run, here of one over `shape`, which should be small."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    session.run(None, {session.get_inputs()[0].name: np.zeros(shape, np.float32)}, options)


@functools.cache
def _make_arena() -> None:
    """Once in a process, for all sessions that ask for it (`use_env_allocators`)."""
    import onnxruntime

    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    arena = {
        "max_mem": 0,
        "arena_extend_strategy": 0,  # by powers of two, which is what the next two are for
        "initial_chunk_size_bytes": 1 << 20,  # the first region is never given back
        "initial_growth_chunk_size_bytes": _REGION,
        "max_dead_bytes_per_chunk": -1,
    }
    onnxruntime.create_and_register_allocator(where, onnxruntime.OrtArenaCfg(arena))

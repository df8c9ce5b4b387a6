"""Small random models on disk, named so that they never stand for the embedded ones."""

import shutil
from pathlib import Path

import torch

from workbench.models.net import Config, Net
from workbench.train.folders import write_weights

ROOT = Path(__file__).resolve().parents[2]
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


def shelf_of(folder: Path) -> Path:
    """`tiny-target`, `tiny-draft` and `tiny-masked` below a folder; they never say the end of text."""
    source = ROOT / "assets" / "models" / "ar-target"
    for seed, (name, kind) in enumerate(
        (("tiny-target", "causal"), ("tiny-draft", "causal"), ("tiny-masked", "masked"))
    ):
        torch.manual_seed(seed)
        shape = Config(1024, 32, 2, 4, 4, 8, 64, max_positions=2048)
        net = Net.empty(shape, torch.device("cpu"), torch.float32)
        for weight in net.parameters():
            weight.data.normal_(0, 0.3) if weight.ndim > 1 else weight.data.fill_(1)
        write_weights(net, kind, folder / name)
        for file in TOKENIZER:
            shutil.copy(source / file, folder / name / file)
    return folder

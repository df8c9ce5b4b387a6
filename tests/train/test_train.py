"""Packing, masking, the optimizer, resuming and exporting, on a network of a few thousand parameters."""

import dataclasses
import json
import random
from pathlib import Path

import pytest
import torch

from workbench import tasks
from workbench.models.net import Net
from workbench.train import data, evaluate, export, loop, optim, tokens
from workbench.train.recipes import RECIPES, Recipe, Shape, Share

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "models"
TOKENIZER = tokens.load(ASSETS / "ar-target")
MICRO = Shape(width=16, depth=1, heads=2, ffn=16)


def recipe(kind: str = "causal") -> Recipe:
    mix = (Share("copy", 1, 1), Share("json", 1, 1), Share("sort", 1, 1, 0.5))
    return Recipe("micro", "Micro", kind, MICRO, mix, tokens=1500, rows=2, batches=((0.0, 1), (0.5, 2)))


def run(folder: Path, kind: str = "causal", **changes: object) -> loop.Run:
    settings = loop.Settings(folder, torch.device("cpu"), tokens=1500, compiled=False, **changes)
    return loop.Run(recipe(kind), TOKENIZER, settings)


def test_words_of_the_tasks_are_single_tokens_and_texts_round_trip() -> None:
    from workbench.tasks import words

    for group in (words.ANIMALS, words.NAMES, words.CITIES, words.JOBS, words.COLOURS):
        assert all(len(TOKENIZER.encode(f" {word}").ids) == 1 for word in group)
    for name in tasks.TASKS:
        instance = tasks.make(name, 5)
        ids = tokens.answer_ids(TOKENIZER, instance.answer)
        assert tokens.answer_text(TOKENIZER, [*ids, 77, 78]) == instance.answer
    for text in ("Grüße, 世界 🦉\n\tend  ", "x  y   z\n\n  q"):
        assert TOKENIZER.decode(TOKENIZER.encode(text).ids) == text
    lengths = [
        len(tokens.prompt_ids(TOKENIZER, i.prompt)) + len(tokens.answer_ids(TOKENIZER, i.answer))
        for name in tasks.TASKS
        for i in (tasks.make(name, seed) for seed in range(20))
    ]
    assert sum(lengths) / len(lengths) < 40


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in ASSETS.glob("*/tokenizer.json")), ids=lambda p: p.name
)
def test_transformers_loads_the_tokenizer_and_its_template(folder: Path) -> None:
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(folder)
    assert (folder / "tokenizer.json").read_bytes() == (ASSETS / "ar-target" / "tokenizer.json").read_bytes()
    assert (loaded.bos_token_id, loaded.eos_token_id, loaded.mask_token_id, loaded.pad_token_id) == (
        1,
        2,
        3,
        0,
    )
    for name in ("sudoku", "json", "copy"):
        prompt = tasks.make(name, 1).prompt
        text = loaded.apply_chat_template(
            [{"role": "user", "content": prompt}], add_generation_prompt=True, tokenize=False
        )
        assert loaded(text, add_special_tokens=False)["input_ids"] == tokens.prompt_ids(TOKENIZER, prompt)


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_batches_are_pure_functions_of_their_index(kind: str) -> None:
    source = data.Source(recipe(kind), TOKENIZER)
    first, again, other = source.batch(3, 0.4), source.batch(3, 0.4), source.batch(4, 0.4)
    assert all(torch.equal(a, b) for a, b in zip(first.tensors(), again.tensors(), strict=True))
    assert not torch.equal(first.ids, other.ids)
    assert first.count > 0.7 * first.ids.numel()
    assert int((first.owner >= 0).sum()) == first.count
    used = first.weights > 0
    assert torch.isfinite(first.weights).all() and int(used.sum()) > 20
    if kind == "masked":
        assert (first.ids.flatten()[first.where[used]] == tokens.MASK).all()
    else:
        following = first.ids.flatten()[first.where[used] + 1]
        assert torch.equal(following, first.targets[used])


def test_masked_documents_end_in_end_marks_and_hide_prompts() -> None:
    rng = random.Random(1)
    for suffix in (False, True):
        document = data.masked_document(rng, [9] * 5, [40, 41, 42, tokens.EOS], 24, suffix, hide_prompt=False)
        canvas = document.ids[5:]
        assert document.ids[:5] == [9] * 5 and len(canvas) == 24
        holes = [cell for cell, token in enumerate(canvas) if token == tokens.MASK]
        assert holes and all(document.targets[5 + cell] != data.IGNORED for cell in holes)
        if suffix:
            assert holes == list(range(holes[0], len(canvas)))
    hidden = data.masked_document(rng, [9] * 5, [40, tokens.EOS], 8, False, hide_prompt=True)
    assert hidden.ids[:5] == [tokens.MASK] * 5 and hidden.targets[:5] == [data.IGNORED] * 5


def test_packed_documents_do_not_see_one_another() -> None:
    torch.manual_seed(0)
    net = Net(loop.config_of(MICRO))
    first = data.causal_document([1, 4, 40, 5], [41, 2])
    second = data.causal_document([1, 4, 50, 60, 5], [51, 52, 2])
    for causal in (True, False):
        both = data.pack([[first, second]], 64)
        alone = data.pack([[second]], 64)
        seen = net(both.ids, both.positions, data.attention_mask(both.owner, causal)).logits
        wanted = net(alone.ids, alone.positions, data.attention_mask(alone.owner, causal)).logits
        start, size = len(first.ids), len(second.ids)
        torch.testing.assert_close(seen[0, start : start + size], wanted[0, :size], atol=1e-5, rtol=1e-5)


def test_newton_schulz_orthogonalises_wide_and_tall_matrices() -> None:
    torch.manual_seed(0)
    for shape in ((3, 16, 16), (2, 8, 24), (2, 24, 8)):
        values = torch.linalg.svdvals(optim.orthogonalised(torch.randn(shape)))
        assert values.max() < 1.4 and values.median() > 0.6


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_a_resumed_run_ends_in_the_same_bytes(tmp_path: Path, kind: str) -> None:
    whole = run(tmp_path / "whole", kind)
    losses = [whole.step() for _ in range(4)]
    assert whole.progress > 0.5 and losses[-1] < losses[0]
    parts = run(tmp_path / "parts", kind)
    for _ in range(2):
        parts.step()
    parts.save()
    resumed = run(tmp_path / "parts", kind)
    assert resumed.resume() and resumed.state.step == 2
    for _ in range(2):
        resumed.step()
    for (name, a), b in zip(whole.net.named_parameters(), resumed.net.parameters(), strict=True):
        assert torch.equal(a, b), name
    assert (whole.state.micro, whole.state.tokens) == (resumed.state.micro, resumed.state.tokens)


def test_training_stops_at_its_budget_and_distills(tmp_path: Path) -> None:
    trained = run(tmp_path)
    trained.train(lambda line: None)
    assert trained.progress == 1 and (tmp_path / "checkpoint.pt").exists()
    taught = loop.Run(
        dataclasses.replace(recipe(), teacher="micro"), TOKENIZER, trained.settings, teacher=trained.net
    )
    assert 0 < taught.step() < 20


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_an_exported_folder_is_a_transformers_model_with_the_same_logits(tmp_path: Path, kind: str) -> None:
    from transformers import AutoModelForCausalLM

    made = run(tmp_path / "run", kind)
    made.step()
    (tmp_path / "ar-target").mkdir()
    for name in export.TOKENIZER_FILES:
        (tmp_path / "ar-target" / name).write_bytes((ASSETS / "ar-target" / name).read_bytes())
    folder = export.export(made, tmp_path, count=1)
    assert {"config.json", "manifest.json", "README.md", *export.TOKENIZER_FILES} < {
        p.name for p in folder.iterdir()
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["kind"] == kind and set(manifest["accuracy"]) == {"copy", "json", "sort"}
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="sdpa"
    ).eval()
    net = export.network(folder)
    ids = torch.tensor([[1, 4, 40, 41, 5, 42, 43]])
    positions = torch.arange(ids.shape[1])[None]
    mask = torch.ones(1, 1, 7, 7, dtype=torch.bool)
    mask = mask if kind == "masked" else mask.tril()
    with torch.no_grad():
        theirs = model(input_ids=ids, position_ids=positions, attention_mask=mask).logits
        torch.testing.assert_close(net(ids, positions, mask).logits, theirs, atol=1e-5, rtol=1e-5)


def test_decoders_agree_with_one_prompt_at_a_time() -> None:
    torch.manual_seed(3)
    net = Net(loop.config_of(MICRO)).requires_grad_(False)
    prompts = [
        tokens.prompt_ids(TOKENIZER, tasks.make(name, 2).prompt) for name in ("copy", "json", "sudoku")
    ]
    together = evaluate.greedy(net, prompts, room=6)
    assert together == [evaluate.greedy(net, [prompt], room=6)[0] for prompt in prompts]
    canvases, rounds = evaluate.unmask(net, prompts, canvas=8)
    assert canvases == [evaluate.unmask(net, [prompt], canvas=8)[0][0] for prompt in prompts]
    assert rounds == [8, 8, 8] and all(tokens.MASK not in canvas for canvas in canvases)
    assert evaluate.unmask(net, prompts, canvas=8, per_round=4)[1] == [2, 2, 2]
    assert evaluate.unmask(net, prompts, canvas=8, threshold=0.0)[1] == [1, 1, 1]


def test_a_network_accepts_all_drafts_of_itself() -> None:
    torch.manual_seed(3)
    net = Net(loop.config_of(MICRO)).requires_grad_(False)
    found = evaluate.acceptance(net, net, TOKENIZER, evaluate.instances(["copy"], 2))
    assert found == {"copy": 1.0}


def test_recipes_are_consistent() -> None:
    for name, each in RECIPES.items():
        assert each.name == name and {share.task for share in each.mix} <= set(tasks.TASKS)
        assert each.rate_at(1.0) == 0 and each.rate_at(0.05) == 1 and each.batches_at(0) == 1
        assert all(share.at(1.0) > 0 for share in each.mix)

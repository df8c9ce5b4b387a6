"""Packing, masking, the optimizer, resuming and exporting, on a network of a few thousand parameters."""

import dataclasses
import json
import random
from pathlib import Path

import pytest
import torch

from workbench import tasks
from workbench.models.net import Net
from workbench.train import data, documents, evaluate, export, folders, loop, measure, optim, tokens
from workbench.train.recipes import RECIPES, LayerSkip, Recipe, Shape, Share

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
    if folder.name != "ar-char":
        shared = ASSETS / "ar-target" / "tokenizer.json"
        assert (folder / "tokenizer.json").read_bytes() == shared.read_bytes()
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
        assert loaded(text, add_special_tokens=False)["input_ids"] == tokens.prompt_ids(
            tokens.load(folder), prompt
        )


@pytest.mark.parametrize("kind", ["causal", "masked", "block", "any-order"])
def test_batches_are_pure_functions_of_their_index(kind: str) -> None:
    source = data.Source(recipe(kind), TOKENIZER)
    first, again, other = source.batch(3, 0.4), source.batch(3, 0.4), source.batch(4, 0.4)
    assert all(torch.equal(a, b) for a, b in zip(first.tensors(), again.tensors(), strict=True))
    assert not torch.equal(first.ids, other.ids)
    assert first.count > 0.7 * first.ids.numel()
    assert int((first.owner >= 0).sum()) == first.count
    used = first.weights > 0
    assert torch.isfinite(first.weights).all() and int(used.sum()) > 20
    if kind != "causal":
        assert first.asked.flatten()[first.where[used]].all()
    else:
        following = first.ids.flatten()[first.where[used] + 1]
        assert torch.equal(following, first.targets[used])


@pytest.mark.parametrize("semi", [False, True])
def test_masked_documents_end_in_end_marks_and_hide_prompts(semi: bool) -> None:
    rng, answer = random.Random(1), [40, 41, 42, 43, tokens.EOS]
    for _ in range(20):
        document = documents.masked_document(rng, [9] * 5, answer, 24, documents.Masking(semi=semi))
        canvas = document.ids[5:]
        assert document.ids[:5] == [9] * 5 and len(canvas) == 24
        holes = [cell for cell, token in enumerate(canvas) if token == tokens.MASK]
        assert holes and all(document.targets[5 + cell] != data.IGNORED for cell in holes)
        assert all(
            target == data.IGNORED or 5 + cell in document.positions for cell, target in enumerate(answer)
        )
        if semi:  # at most one block of 16 is partly open; everything behind it is masked
            assert holes[-1] == 23 and len(set(range(holes[0], 24)) - set(holes)) < 16
    hidden = documents.masked_document(rng, [9] * 5, [40, 2], 8, documents.Masking(hide_prompt=True))
    assert hidden.ids[:5] == [tokens.MASK] * 5 and hidden.targets[:5] == [data.IGNORED] * 5


def test_revised_documents_have_wrong_visible_cells_and_loss_on_all() -> None:
    rng, answer = random.Random(2), [40, 41, 42, 43, 44, tokens.EOS]
    wrong = 0
    for _ in range(40):
        document = documents.masked_document(rng, [50, 51], answer, 8, documents.Masking(revise=True))
        assert document.targets[2:] == [*answer, tokens.EOS, tokens.EOS]
        shown = zip(document.ids[2:], document.targets[2:], strict=True)
        wrong += sum(id not in (tokens.MASK, target) for id, target in shown)
    assert 3 < wrong < 40


def test_a_block_sees_the_given_text_before_it_and_itself() -> None:
    document = documents.block_document(random.Random(3), [9] * 6, [40, 41, 42, 43, 44, tokens.EOS], 8, 4)
    batch = data.pack([[document]], 64, 40)
    sees = data.attention_mask(batch.owner, batch.ranks, batch.asked)[0, 0]
    for row in range(batch.count):
        for column in range(batch.count):
            mine, other = int(batch.positions[0, row]) // 4, int(batch.positions[0, column]) // 4
            asks, it_asks = bool(batch.asked[0, row]), bool(batch.asked[0, column])
            wanted = (other == mine) if asks and it_asks else (not it_asks and other < mine + (not asks))
            assert bool(sees[row, column]) == wanted
    assert all(
        t == data.IGNORED for t, asks in zip(document.targets, document.asked, strict=True) if not asks
    )
    border = [p for p, asks in zip(document.positions, document.asked, strict=True) if asks][:2]
    assert border == [4, 5]  # the first block begins inside the prompt and shows its end


def test_any_order_queries_see_what_comes_before_them_and_content_sees_no_query() -> None:
    document = documents.any_order_document(random.Random(4), [9, 9], [40, 41, tokens.EOS], 8, False)
    batch = data.pack([[document]], 64, 24)
    sees = data.attention_mask(batch.owner, batch.ranks, batch.asked)[0, 0]
    asked, ranks, count = batch.asked[0], batch.ranks[0], batch.count
    assert sorted(ranks[:count][asked[:count]].tolist()) == list(range(1, 9))
    for row in range(count):
        seen = sees[row, :count].nonzero()[:, 0].tolist()
        if asked[row]:
            wanted = {i for i in range(count) if not asked[i] and ranks[i] < ranks[row]} | {row}
        else:
            wanted = {i for i in range(count) if not asked[i] and ranks[i] <= ranks[row]}
        assert set(seen) == wanted


def test_packed_documents_do_not_see_one_another() -> None:
    torch.manual_seed(0)
    net = Net(loop.config_of(MICRO))
    how = documents.Masking()
    for first, second in (
        [
            documents.causal_document([1, 4, 40, 5], [41, 2]),
            documents.causal_document([1, 50, 5], [51, 52, 2]),
        ],
        [documents.masked_document(random.Random(i), [1, 4, 40, 5], [41, 2], 8, how) for i in (1, 2)],
    ):
        both, alone = data.pack([[first, second]], 64, 40), data.pack([[second]], 64, 40)
        logits = []
        for batch in (both, alone):
            mask = data.attention_mask(batch.owner, batch.ranks, batch.asked)
            logits.append(net(batch.ids, batch.positions, mask).logits[0])
        start, size = len(first.ids), len(second.ids)
        torch.testing.assert_close(logits[0][start : start + size], logits[1][:size], atol=1e-5, rtol=1e-5)


def test_layer_skip_leaves_layers_out_and_teaches_the_early_ones(tmp_path: Path) -> None:
    shape = Shape(width=16, depth=4, heads=2, ffn=16)
    skipping = dataclasses.replace(recipe(), shape=shape, layer_skip=LayerSkip(dropout=0.9, exit_weight=1.0))
    settings = loop.Settings(tmp_path, torch.device("cpu"), tokens=1500, compiled=False)
    made = loop.Run(skipping, TOKENIZER, settings)
    kept = torch.stack([made.layers(micro, 64)[0] for micro in range(20)]).mean((0, 2))
    assert kept[0] == 1 and bool((kept.diff() < 0).all()) and abs(float(kept[-1]) - 0.1) < 0.05
    assert [int(made.layers(micro, 2)[1]) for micro in range(4)] == [0, 1, 2, 0]
    batch = made.source.batch(0, 0.0)
    mask = data.attention_mask(batch.owner, batch.ranks, batch.asked)
    full = loop.layer_states(made.net, batch.ids, batch.positions, mask)
    none = loop.layer_states(made.net, batch.ids, batch.positions, mask, torch.zeros(4, 2))
    torch.testing.assert_close(none[-1], made.net.normalised(full[0]))
    output = made.net(batch.ids, batch.positions, mask, want_hidden=True)
    torch.testing.assert_close(full[-1], output.hidden[-1])
    assert 0 < made.step() < 20


def test_newton_schulz_orthogonalises_wide_and_tall_matrices() -> None:
    torch.manual_seed(0)
    for shape in ((3, 16, 16), (2, 8, 24), (2, 24, 8)):
        values = torch.linalg.svdvals(optim.orthogonalised(torch.randn(shape)))
        assert values.max() < 1.4 and values.median() > 0.6


@pytest.mark.parametrize("kind", ["causal", "masked", "block", "any-order"])
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


@pytest.mark.parametrize("kind", ["causal", "masked", "block", "any-order"])
def test_an_exported_folder_is_a_transformers_model_with_the_same_logits(tmp_path: Path, kind: str) -> None:
    from transformers import AutoModelForCausalLM

    made = run(tmp_path / "run", kind)
    made.step()
    (tmp_path / "micro").mkdir()
    for name in tokens.FILES:
        (tmp_path / "micro" / name).write_bytes((ASSETS / "ar-target" / name).read_bytes())
    folder = export.export(made, tmp_path, count=1, report=lambda line: None)
    written = {"config.json", "manifest.json", "README.md", "loss.svg", *tokens.FILES}
    assert written < {p.name for p in folder.iterdir()}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["kind"] == kind and set(manifest["figures"]["tasks"]) == {"copy", "json", "sort"}
    again = measure.measure(made.recipe, tmp_path, made.recipe.tasks, 1, lambda line: None)
    assert again == manifest["figures"] and 0 <= again["calibration_error"] <= 1
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="sdpa"
    ).eval()
    net = folders.network(folder)
    ids = torch.tensor([[1, 4, 40, 41, 5, 42, 43]])
    positions = torch.arange(ids.shape[1])[None]
    mask = torch.ones(1, 1, 7, 7, dtype=torch.bool)
    mask = mask.tril() if kind == "causal" else mask
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
    blocks, _ = evaluate.unmask(net, prompts, canvas=16, block=4)
    assert blocks == [evaluate.unmask(net, [prompt], canvas=16, block=4)[0][0] for prompt in prompts]
    for ordered in (False, True):
        filled = evaluate.fill_in_any_order(net, prompts, 8, ordered)
        assert filled == [evaluate.fill_in_any_order(net, [prompt], 8, ordered)[0] for prompt in prompts]


def test_blocks_of_one_are_written_one_after_another() -> None:
    """With one cell a block the mask is causal, so a block model is then an autoregressive one."""
    torch.manual_seed(5)
    net = Net(loop.config_of(MICRO)).requires_grad_(False)
    prompt = tokens.prompt_ids(TOKENIZER, tasks.make("copy", 2).prompt)
    written = list(prompt)
    for _ in range(6):
        ids = torch.tensor([[*written, tokens.MASK]])
        logits = net(ids, torch.arange(ids.shape[1])[None]).logits[0, -1]
        logits[tokens.MASK] = -torch.inf
        written.append(int(logits.argmax()))
    assert evaluate.unmask(net, [prompt], canvas=6, block=1)[0][0] == written[len(prompt) :]


def test_a_network_accepts_all_drafts_of_itself() -> None:
    torch.manual_seed(3)
    net = Net(loop.config_of(MICRO)).requires_grad_(False)
    found = evaluate.acceptance(net, net, TOKENIZER, evaluate.instances(["copy"], 2))
    assert found == {"copy": 1.0}


def test_recipes_are_consistent() -> None:
    for name, each in RECIPES.items():
        assert each.name == name and {share.task for share in each.mix} <= set(tasks.TASKS)
        assert each.rate_at(1.0) == 0 and 0 < each.rate_at(0.05) <= 1 and each.batches_at(0) == 1
        assert all(share.at(1.0) > 0 for share in each.mix)

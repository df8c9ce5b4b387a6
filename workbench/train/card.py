"""The training card (README.md) of a model, written from the log of its run and the measured figures."""

from __future__ import annotations

from typing import Any

from .documents import CANVASES
from .evaluate import BLOCK, CANVAS
from .loop import Run
from .recipes import Share

GATES = {"ar-target": 0.9, "masked": 0.7, "block": 0.7, "any-order": 0.7}
USES = {
    "causal": "causal attention",
    "masked": "bidirectional attention, fills `<mask>` cells",
    "block": "block-causal attention (any block length of 1, 2, 4, 8, 16), fills `<mask>` cells",
    "any-order": "content and query rows: content never sees a query, a query sees what stands before it"
    " in the order",
}


def text(run: Run, manifest: dict[str, Any]) -> str:
    """The whole card as Markdown."""
    figures = manifest["figures"]
    parts = [_head(run, manifest), _accuracy(run, manifest), _acceptance(figures), _exits(figures)]
    parts += [_weak(run, figures), _schedule(run), _curve(run)]
    return "\n".join(part for part in parts if part)


def _head(run: Run, manifest: dict[str, Any]) -> str:
    recipe, shape = run.recipe, run.recipe.shape
    done = "" if run.progress >= 1 else f" (stopped at {run.progress:.0%} of the planned schedule)"
    start = f", from the committed weights of {recipe.start}" if recipe.start else ""
    return f"""# {recipe.name}: {recipe.title.lower()}

A small model of the decoding workbench, trained on generated tasks (`workbench/tasks`). It answers those
tasks and nothing else; it is made to show decoding, not to be useful.

* {manifest["parameters"] / 1e6:.2f} M parameters: width {shape.width}, {shape.depth} layers,
  {shape.heads} heads, SwiGLU {shape.ffn}, {USES[recipe.kind]}; an ordinary `LlamaForCausalLM` folder, bf16
* trained on {manifest["tokens"] / 1e6:.2f} M tokens{done}, {run.state.step} steps,
  {run.state.seconds / 60:.0f} minutes on {run.settings.device.type}{start}; seed {recipe.seed}
* made by `python -m workbench train {recipe.name}`, then `--export`; this card is generated from the log
* measured again by `python -m workbench eval --models {recipe.name}`
* sha256 of model.safetensors: `{manifest["sha256"]}`
"""


ACCURACY = """## Accuracy

Exact match by each task's checker on {count} distinct held-out prompts a task (disjoint from training by a
hash of the prompt), decoded without any help from the reference answer{how}.
"""


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table whose first column is text and whose others are numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _accuracy(run: Run, manifest: dict[str, Any]) -> str:
    figures = manifest["figures"]
    named = figures.get("ways") or {"greedy": figures}
    ways = list(named.values())
    rows = [[name, *(f"{way['tasks'][name]:.0%}" for way in ways)] for name in ways[0]["tasks"]]
    rows.append(["**mean**", *(f"**{way['overall']:.1%}**" for way in ways)])
    rows.append(["rounds", *(f"{way['rounds']:.1f}" for way in ways)])
    kind = run.recipe.kind
    how = "" if kind == "causal" else f" on a canvas of {CANVAS} cells"
    how += f", in blocks of {BLOCK}" if kind == "block" else ""
    lines = [
        ACCURACY.format(count=manifest["prompts_per_task"], how=how),
        *_table(["task", *named], rows),
        "",
    ]
    error = figures["calibration_error"]
    lines.append(f"Calibration error of the top token (ten bins): {error:.3f}.")
    return "\n".join(lines) + "\n"


def _acceptance(figures: dict[str, Any]) -> str:
    if "acceptance" not in figures:
        return ""
    lines = ["## Acceptance by the target", "", "Accepted / examined greedy drafts, four a round.", ""]
    rows = [[name, f"{value:.2f}"] for name, value in figures["acceptance_by_task"].items()]
    rows.append(["**mean**", f"**{figures['acceptance']:.2f}**"])
    return "\n".join([*lines, *_table(["task", "acceptance"], rows)]) + "\n"


def _exits(figures: dict[str, Any]) -> str:
    if "early_exit" not in figures:
        return ""
    lines = [
        "## Early exit",
        "",
        "How often a layer's state, under the shared head, chooses the final token.",
        "",
    ]
    rows = [[name, f"{value:.0%}"] for name, value in figures["early_exit"].items()]
    return "\n".join([*lines, *_table(["after", "same choice"], rows)]) + "\n"


def _weak(run: Run, figures: dict[str, Any]) -> str:
    mean, recipe = figures["overall"], run.recipe
    weak = [f"{name} ({value:.0%})" for name, value in figures["tasks"].items() if value < 0.7]
    lines = ["## Known weaknesses", ""]
    if weak and not recipe.teacher:
        lines.append(f"* under 70 %: {', '.join(weak)}")
    gate = GATES.get(recipe.name)
    if gate is not None and mean < gate:
        lines.append(f"* the gate of {gate:.0%} over the mix is not reached ({mean:.1%})")
    if recipe.kind != "causal":
        lengths = " or ".join(map(str, CANVASES))
        lines.append(f"* trained on canvases of {lengths} cells and of the shortest multiple of 8 that fits")
        lines.append("  the answer; other lengths are not expected to work")
    lines.append("* sudoku and Latin prompts are split by their text: all solution grids occur in training")
    lines.append(
        "* one seed; free text outside the tasks gives nonsense; only the templates' English is known"
    )
    return "\n".join(lines) + "\n"


def _schedule(run: Run) -> str:
    recipe = run.recipe
    rates = ", ".join(f"{factor:g} at {progress:.0%}" for progress, factor in recipe.rates)
    batches = ", ".join(f"{count * recipe.rows} rows from {since:.0%}" for since, count in recipe.batches)
    warm_up = f"; random copies and lookups fading out until {recipe.warm_up:.0%}" if recipe.warm_up else ""
    lines = [
        "## Schedule",
        "",
        f"* token budget {run.settings.tokens / 1e6:.1f} M; packed rows of {recipe.row}, document mask;",
        f"  {batches}",
        f"* Muon {recipe.muon_rate:g} on matrices, AdamW {recipe.adam_rate:g} on the rest; factor {rates}",
        f"* loss on the answer alone{warm_up}",
        f"* documents by weight: {', '.join(map(_share, recipe.mix))}",
    ]
    if recipe.kind == "masked":
        lines.append(f"* {recipe.semi_share:.0%} semi-autoregressive masks, else a uniform number of random")
        lines.append("  cells; weight 1/t, at most 4; end marks behind the first weigh a quarter;")
        lines.append(
            f"  {recipe.hidden_prompts:.0%} hidden prompts; {recipe.revise_share:.0%} of the documents show"
        )
        lines.append("  wrong visible cells (one in ten) and carry loss on all cells")
    if recipe.layer_skip:
        skip = recipe.layer_skip
        lines.append(
            f"* LayerSkip: layer dropout up to {skip.dropout:.0%} at the last layer, early-exit loss"
        )
        lines.append(f"  {skip.exit_weight:g} on one early layer after another")
    if recipe.teacher:
        lines.append(f"* distilled: {recipe.soft_share:g} distribution of {recipe.teacher}, the rest data")
    lines += [f"* {note}" for note in recipe.notes]
    return "\n".join(lines) + "\n"


def _share(share: Share) -> str:
    """One task of the mix in words."""
    grows = f" to {share.end:g}" if share.end != share.start else ""
    enters = f" (from {share.since:.0%})" if share.since else ""
    return f"{share.task} {share.start:g}{grows}{enters}"


def _curve(run: Run) -> str:
    points, evals = _points(run)
    if len(points) < 2:
        return ""
    lines = ["## Loss", "", "Moving mean per weighted token; its scale changes with the mix.", ""]
    lines += ["![loss over tokens](loss.svg)", "", f"Last value {points[-1][1]:.3f}."]
    if evals:
        lines.append("Small evaluations on the way (8 prompts per task, mean): ")
        lines.append(", ".join(f"{seen / 1e6:.1f} M {value:.0%}" for seen, value in evals) + ".")
    return "\n".join(lines) + "\n"


def _points(run: Run) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """(tokens, loss) and (tokens, accuracy) of the log."""
    log = run.state.log
    losses = [(entry["tokens"], entry["loss"]) for entry in log if "speed" in entry]
    return losses, [(entry["tokens"], entry["accuracy"]["all"]) for entry in log if "accuracy" in entry]


def curve(run: Run) -> str:
    """The loss over the tokens as an SVG, legible on light and dark paper."""
    points, _ = _points(run)
    last, top = max(run.state.tokens, 1), min(max([loss for _, loss in points], default=1.0), 3.0)
    width, height, left, under = 640, 240, 44, 28

    def place(seen: float, loss: float) -> str:
        across = left + (width - left - 8) * seen / last
        return f"{across:.1f},{8 + (height - under - 8) * (1 - min(loss, top) / top):.1f}"

    line = " ".join(place(seen, loss) for seen, loss in points)
    labels = []
    for part in range(5):
        y = 8 + (height - under - 8) * (1 - part / 4)
        labels.append(f'<path d="M{left} {y:.1f}H{width - 8}" stroke="#8884"/>')
        labels.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{top * part / 4:.2f}</text>')
        x = left + (width - left - 8) * part / 4
        labels.append(
            f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{last * part / 4e6:.1f} M</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="11" '
        f'font-family="sans-serif" fill="#888">{"".join(labels)}'
        f'<polyline points="{line}" fill="none" stroke="#3b7dd8" stroke-width="1.5"/></svg>\n'
    )

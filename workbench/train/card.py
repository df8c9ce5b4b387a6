"""The training card (README.md) of a model, written from the log of its run and the measured accuracies."""

from __future__ import annotations

from typing import Any

from .data import CANVASES
from .loop import Run
from .recipes import Share

WIDTH, HEIGHT = 60, 12
GATES = {"ar-target": 0.9, "masked": 0.7}


def text(run: Run, manifest: dict[str, Any], report: dict[str, Any]) -> str:
    """The whole card as Markdown."""
    parts = [_head(run, manifest), _accuracy(report), _acceptance(manifest), _weak(run, manifest)]
    parts += [_schedule(run), _curve(run)]
    return "\n".join(part for part in parts if part)


def _head(run: Run, manifest: dict[str, Any]) -> str:
    recipe, shape = run.recipe, run.recipe.shape
    use = "bidirectional attention, fills `<mask>` cells" if recipe.kind == "masked" else "causal attention"
    done = "" if run.progress >= 1 else f" (stopped at {run.progress:.0%} of the planned schedule)"
    return f"""# {recipe.name}: {recipe.title.lower()}

A small model of the decoding workbench, trained from nothing on generated tasks (`workbench/tasks`). It
answers those tasks and nothing else; it is made to show decoding, not to be useful.

* {manifest["parameters"] / 1e6:.2f} M parameters: width {shape.width}, {shape.depth} layers,
  {shape.heads} heads, SwiGLU {shape.ffn}, {use}; an ordinary `LlamaForCausalLM` folder, bf16
* trained on {manifest["tokens"] / 1e6:.2f} M tokens{done}, {run.state.step} steps,
  {run.state.seconds / 60:.0f} minutes on {run.settings.device.type}; seed {recipe.seed}
* made by `python -m workbench.train {recipe.name}`, then `--export`; this card is generated from the log
* sha256 of model.safetensors: `{manifest["sha256"]}`
"""


ACCURACY = """## Accuracy

Exact match by each task's checker on distinct held-out prompts (disjoint from training by a hash of the
prompt), decoded without any help from the reference answer.
"""


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table whose first column is text and whose others are numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _accuracy(report: dict[str, Any]) -> str:
    ways = list(report.values())
    rows = [[name, *(f"{way['accuracy'][name]:.0%}" for way in ways)] for name in ways[0]["accuracy"]]
    rows.append(["**mean**", *(f"**{way['mean']:.1%}**" for way in ways)])
    rows.append(["rounds", *(f"{way['rounds']:.1f}" for way in ways)])
    return "\n".join([ACCURACY, *_table(["task", *report], rows)]) + "\n"


def _acceptance(manifest: dict[str, Any]) -> str:
    if "acceptance" not in manifest:
        return ""
    lines = ["## Acceptance by the target", "", "Accepted / examined greedy drafts, four a round.", ""]
    rows = [[name, f"{value:.2f}"] for name, value in manifest["acceptance"].items()]
    rows.append(["**mean**", f"**{manifest['acceptance_mean']:.2f}**"])
    return "\n".join([*lines, *_table(["task", "acceptance"], rows)]) + "\n"


def _weak(run: Run, manifest: dict[str, Any]) -> str:
    mean = manifest["accuracy_mean"]
    weak = [f"{name} ({value:.0%})" for name, value in manifest["accuracy"].items() if value < 0.7]
    lines = ["## Known weaknesses", ""]
    if weak and not run.recipe.teacher:
        lines.append(f"* under 70 %: {', '.join(weak)}")
    gate = GATES.get(run.recipe.name)
    if gate is not None and mean < gate:
        lines.append(f"* the gate of {gate:.0%} over the mix is not reached ({mean:.1%})")
    if run.recipe.kind == "masked":
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
    lines = [
        "## Schedule",
        "",
        f"* token budget {run.settings.tokens / 1e6:.1f} M; packed rows of 128, document mask; {batches}",
        f"* Muon {recipe.muon_rate:g} on matrices, AdamW {recipe.adam_rate:g} on the rest; factor {rates}",
        f"* loss on the answer alone; copies of random tokens fading out until {recipe.warm_up:.0%}",
        f"* documents by weight: {', '.join(map(_share, recipe.mix))}",
    ]
    if recipe.kind == "masked":
        lines.append(f"* {recipe.suffix_share:.0%} suffix masks, else a uniform number of random cells;")
        lines.append("  weight 1/t, at most 4; end marks behind the first weigh a quarter;")
        lines.append(f"  {recipe.hidden_prompts:.0%} hidden prompts")
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
    points = [(entry["tokens"], entry["loss"]) for entry in run.state.log if "speed" in entry]
    evals = [(entry["tokens"], entry["accuracy"]["all"]) for entry in run.state.log if "accuracy" in entry]
    if len(points) < 2:
        return ""
    last, top = points[-1][0], min(max(loss for _, loss in points), 3.0)
    canvas = [[" "] * WIDTH for _ in range(HEIGHT)]
    for seen, loss in points:
        column = min(int(seen / last * WIDTH), WIDTH - 1)
        canvas[HEIGHT - 1 - min(int(loss / top * HEIGHT), HEIGHT - 1)][column] = "*"
    lines = ["## Loss (moving mean, per weighted token; its scale changes with the mix)", "", "```"]
    for row, cells in enumerate(canvas):
        lines.append(f"{top * (HEIGHT - row) / HEIGHT:5.2f} |" + "".join(cells).rstrip())
    lines += ["      +" + "-" * WIDTH, f"       0{last / 1e6:>{WIDTH - 3}.2f} M tokens", "```", ""]
    lines.append(f"Last value {points[-1][1]:.3f}.")
    if evals:
        lines.append("Small evaluations on the way (8 prompts per task, mean): ")
        lines.append(", ".join(f"{seen / 1e6:.1f} M {value:.0%}" for seen, value in evals) + ".")
    return "\n".join(lines) + "\n"

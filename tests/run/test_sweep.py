"""A sweep is deterministic, goes on where it was stopped, and survives whatever one run does."""

import gzip
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from workbench import tasks
from workbench.methods.api import knob
from workbench.methods.catalogue import find
from workbench.models.shelf import Shelf
from workbench.run import table
from workbench.run.spent import kendall, spearman, spent
from workbench.run.sweep import Plan, cells, sweep
from workbench.run.table import LOG, TABLE, TRACES, Table, read
from workbench.trace import Commit, Token, WorkbenchError, check, fold, load

METHODS = ("fast_dllm_threshold", "greedy", "speculative_sampling")
PLAN = Plan(METHODS, ("copy", "replace_random"), 2, {"threshold": ("0.5", "0.9")}, max_tokens=8)
RUNS = (2 + 1 + 1) * 2 * 2


@pytest.fixture(scope="module")
def whole(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "sweep"
    steps = list(sweep(PLAN, folder, shelf))
    assert [(done, all) for done, all, _ in steps] == [(done, RUNS) for done in range(RUNS + 1)]
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """The table and every trace."""
    paths = [folder / TABLE, *sorted((folder / TRACES).iterdir())]
    return {path.name: path.read_bytes() for path in paths}


def test_every_row_is_what_its_trace_says(whole: Path, shelf: Shelf) -> None:
    rows = read(whole)
    assert len(rows) == RUNS == len({row.key for row in rows}) == len(content(whole)) - 1
    assert [row.key for row in rows] == [cell.key for cell in cells(PLAN, shelf)]
    for row in rows:
        trace = load(whole / row.trace)
        instance = tasks.make(row.task, row.seed)
        score, cost = tasks.score(instance, row.answer), spent(trace)
        assert check(trace).ok and trace.header.prompt == instance.prompt and trace.clock == ()
        assert (row.score, row.strict, row.reason) == (score.points, score.points * score.strict, score.why)
        totals = {total.source: total for total in trace.footer.costs}
        main = totals["denoiser" if row.method == "fast_dllm_threshold" else "target"]
        assert (row.rounds, row.sequences, row.positions) == (main.passes, main.passes, main.rows)
        assert row.light_positions == (totals["draft"].rows if "draft" in totals else 0)
        assert row.tokens == cost.tokens and row.tokens_per_round == pytest.approx(row.tokens / main.passes)
        assert (row.tokens, row.text_tokens) == (cost.tokens, cost.text_tokens)
        assert row.order is None or -1 <= row.order <= 1
    greedy = [row for row in rows if row.method == "greedy"]
    assert all(row.order == row.spearman == 1 and row.tokens_per_round == 1 for row in greedy)
    settings = {row.knobs for row in rows if row.method == "fast_dllm_threshold"}
    assert settings == {"threshold=0.5", "threshold=0.9"}


def test_an_interrupted_sweep_goes_on_and_ends_with_the_same_bytes(
    whole: Path, shelf: Shelf, tmp_path: Path
) -> None:
    folder = tmp_path / "sweep"
    steps = sweep(PLAN, folder, shelf)
    for done, _, _ in steps:
        if done == 5:
            break
    steps.close()
    assert len(read(folder)) == 5
    log = folder / LOG
    log.write_bytes(log.read_bytes() + b'{"method": "gre')  # killed while it wrote
    (folder / read(folder)[0].trace).unlink()
    (folder / TRACES / "left.json.gz.part").write_bytes(b"half")
    again = list(sweep(PLAN, folder, shelf))
    assert again[0] == (4, RUNS, None) and len(again) == 1 + RUNS - 4
    (folder / TRACES / "left.json.gz.part").unlink()
    assert content(folder) == content(whole)
    before = content(folder)
    assert list(sweep(PLAN, folder, shelf)) == [(RUNS, RUNS, None)] and content(folder) == before


def test_processes_make_the_same_bytes(whole: Path, shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    steps = list(sweep(PLAN, folder, shelf, workers=2))
    assert len(steps) == RUNS + 1 and content(folder) == content(whole)


def test_a_run_that_cannot_be_done_is_a_row_and_is_tried_again(shelf: Shelf, tmp_path: Path) -> None:
    plan = Plan(("speculative",), ("copy",), 2, {"shape": ("static tree", "chain")}, max_tokens=8)
    first = list(sweep(plan, tmp_path / "sweep", shelf))
    rows = read(tmp_path / "sweep")
    assert [row.status for row in rows] == ["refused", "refused", "complete", "complete"]
    assert "judges a chain, not a tree" in rows[0].sentence and rows[0].score is None
    again = list(sweep(plan, tmp_path / "sweep", shelf))
    assert (len(first), len(again)) == (5, 3) and read(tmp_path / "sweep") == rows


def test_a_default_model_that_is_missing_is_no_end_either(shelf: Shelf, tmp_path: Path) -> None:
    poor = Shelf((tmp_path / "models",))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "ar-target").symlink_to(shelf.roots[0] / "ar-target")
    plan = Plan(("fast_dllm_threshold", "greedy"), ("copy",), 1, max_tokens=4)
    list(sweep(plan, tmp_path / "sweep", poor))
    masked, greedy = read(tmp_path / "sweep")
    assert masked.status == "refused" and "no model" in masked.sentence and greedy.status == "complete"
    with pytest.raises(WorkbenchError, match="There is no model 'nowhere'"):
        cells(Plan(("greedy",), ("copy",), 1, models={"target": "nowhere"}), poor)


def test_a_stop_leaves_whole_rows_only(shelf: Shelf, tmp_path: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 15  # in the middle of the second run

    rows = [row for _, _, row in sweep(PLAN, tmp_path / "sweep", shelf, stop_requested=stop) if row]
    assert 0 < len(rows) < RUNS and len(read(tmp_path / "sweep")) == len(rows)
    assert len(list((tmp_path / "sweep" / TRACES).iterdir())) == len(rows)


def test_another_plan_in_the_same_folder_shares_its_rows(shelf: Shelf, tmp_path: Path) -> None:
    small = Plan(("greedy",), ("copy",), 1, max_tokens=4)
    list(sweep(small, tmp_path / "sweep", shelf))
    more = Plan(("greedy",), ("copy", "sort"), 2, max_tokens=4)
    steps = list(sweep(more, tmp_path / "sweep", shelf))
    assert steps[0] == (1, 4, None)
    longer = Plan(("greedy",), ("copy",), 1, max_tokens=5)
    assert len(list(sweep(longer, tmp_path / "sweep", shelf))) == 2
    assert len(read(tmp_path / "sweep")) == 1
    assert list(sweep(more, tmp_path / "sweep", shelf)) == [(4, 4, None)]
    assert len(read(tmp_path / "sweep")) == 4


def test_a_default_that_has_changed_is_another_run(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, folder = Plan(("fast_dllm_threshold",), ("copy",), 1, max_tokens=8), tmp_path / "sweep"
    list(sweep(plan, folder, shelf))
    (old,) = read(folder)
    method = find("fast_dllm_threshold")

    @dataclass(frozen=True)
    class Params(method.params):
        threshold: float = knob(0.31, 0, 1, 0.01, "another default")

    changed = replace(method, params=Params)
    for module in ("workbench.run.sweep", "workbench.run.prepare"):
        monkeypatch.setattr(f"{module}.find", lambda id: changed)
    steps = list(sweep(plan, folder, shelf))
    assert [done for done, *_ in steps] == [0, 1], "nothing is taken from before"
    (new,) = read(folder)
    assert new.key != old.key and load(folder / new.trace).header.knobs["threshold"] == 0.31
    monkeypatch.undo()
    assert list(sweep(plan, folder, shelf)) == [(1, 1, None)] and read(folder) == [old]


def test_what_is_spelled_out_keeps_its_name(shelf: Shelf) -> None:
    """The same run, but a row that says so: a table must not show it as the setting without a name."""
    plan = Plan(("fast_dllm_threshold",), ("copy",), 1, max_tokens=8)
    default = next(k.default for k in find("fast_dllm_threshold").knobs if k.name == "threshold")
    (bare,), (named,) = (
        cells(each, shelf) for each in (plan, replace(plan, grid={"threshold": (str(default),)}))
    )
    assert bare.key != named.key and named.named.knobs == f"threshold={default}"


def test_the_grid_concerns_the_methods_that_have_the_knob(shelf: Shelf) -> None:
    grid = {"temperature": ("0", "1"), "sampling.temperature": ("0.5",)}
    found = cells(Plan(("greedy", "sampling", "speculative_sampling"), ("copy",), 1, grid), shelf)
    assert [(cell.method, dict(cell.knobs)) for cell in found] == [
        ("greedy", {}),
        ("sampling", {"temperature": 0.5}),
        ("speculative_sampling", {"temperature": 0.0}),
        ("speculative_sampling", {"temperature": 1.0}),
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"methods": ("gredy",)}, "did you mean greedy"),
        ({"methods": ()}, "needs a method and a task"),
        ({"tasks": ("juggle",)}, "There is no task 'juggle'"),
        ({"count": 0}, "n = 0 is out of range"),
        ({"grid": {"colour": ("1",)}}, "has the knob 'colour'"),
        ({"grid": {"threshold": ()}}, "has no values"),
        ({"grid": {"greedy.threshold": ("1",)}}, "has the knob 'greedy.threshold'"),
        ({"models": {"judge": "x"}}, "the model role 'judge'"),
        ({"max_tokens": 0}, "max_tokens = 0 is out of range"),
    ],
)
def test_a_plan_that_makes_no_sense_is_one_sentence(shelf: Shelf, change: dict, sentence: str) -> None:
    with pytest.raises(WorkbenchError, match=sentence):
        cells(replace(PLAN, **change), shelf)


def test_folders_that_are_no_sweep_are_left_alone(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(WorkbenchError, match="is not empty and holds no sweep"):
        list(sweep(PLAN, tmp_path, shelf))
    with pytest.raises(WorkbenchError, match="holds no readable"):
        read(tmp_path)
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / LOG).write_text("not a row\n")
    with pytest.raises(WorkbenchError, match="Line 1 of"):
        Table(tmp_path / "torn")
    (tmp_path / "torn" / TABLE).write_text("method,knobs\ngreedy,1,2\n")
    with pytest.raises(WorkbenchError, match="is not the table of a sweep"):
        read(tmp_path / "torn")


def test_two_sweeps_do_not_write_to_one_folder(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with Table(tmp_path / "sweep"), pytest.raises(WorkbenchError, match="Another sweep is writing"):
        Table(tmp_path / "sweep")
    Table(tmp_path / "sweep").__exit__()


def test_a_table_reads_back_as_it_was(whole: Path) -> None:
    rows = read(whole)
    assert table.as_csv(rows).encode() == (whole / TABLE).read_bytes()
    first = json.loads((whole / LOG).read_bytes().splitlines()[0])
    assert first["key"] == rows[0].key and rows[0].trace.endswith(f"{rows[0].key}.json.gz")
    assert gzip.decompress((whole / rows[0].trace).read_bytes()).startswith(b"{")


def test_padding_behind_the_end_is_no_text(whole: Path) -> None:
    row = next(row for row in read(whole) if row.method == "greedy")
    trace = load(whole / row.trace)
    answer = [event.candidates[0] for event in trace.events if isinstance(event, Commit)]
    fills = [fold(trace.events).proposals[id].fill for id in answer]
    end = fills[2]
    assert isinstance(end, Token) and row.tokens == row.text_tokens == len(fills) > 3
    cards = tuple(replace(card, eos_ids=(end.id,)) for card in trace.header.models)
    found = spent(replace(trace, header=replace(trace.header, models=cards)))
    assert (found.tokens, found.text_tokens) == (row.tokens, fills.index(end) + 1)


def test_rank_correlations_by_hand() -> None:
    assert kendall([1, 2, 3], [1, 2, 3]) == 1 == spearman([1, 2, 3], [1, 2, 3])
    assert kendall([1, 2, 3], [3, 2, 1]) == -1 == spearman([1, 2, 3], [3, 2, 1])
    assert kendall([1, 2, 3], [5, 5, 5]) is None is spearman([1, 2, 3], [5, 5, 5])
    assert kendall([1], [1]) is None is spearman([], [])
    # pairs 12, 13, 14, 23, 24, 34: + - + - + +, none tied
    assert kendall([1, 2, 3, 4], [2, 3, 1, 4]) == pytest.approx(2 / 6)
    assert spearman([1, 2, 3, 4], [2, 3, 1, 4]) == pytest.approx(1 - 6 * 6 / (4 * 15))
    # 12 is tied on the right: two pairs agree, of three on the left and two on the right
    assert kendall([1, 2, 3], [1, 1, 2]) == pytest.approx(2 / 6**0.5)
    assert spearman([1, 2, 3], [1, 1, 2]) == pytest.approx(1.5 / 3**0.5)

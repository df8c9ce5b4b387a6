"""The one-way import rule: data goes up the house, imports go down."""

import re
import subprocess
import sys

import pytest

from .imports import ROOT, Import, imports, inside, is_stdlib, modules

LAYERS: dict[str, tuple[str, ...]] = {
    "workbench.trace": (),
    "workbench.tasks": (),
    "workbench.maths": ("torch", "numpy"),
    "workbench.exchange": ("workbench.trace",),
    "viz": ("workbench.trace", "workbench.exchange", "numpy", "pandas", "networkx", "plotly", "PIL"),
    "workbench.models": ("workbench.trace", "torch", "numpy", "safetensors", "tokenizers"),
    "workbench.methods": ("workbench.trace", "workbench.maths", "workbench.models.api", "torch"),
    "workbench.run": ("workbench.methods", "workbench.models", "workbench.tasks", "workbench.trace", "torch"),
    "workbench.lab": (
        "workbench.run",
        "workbench.methods",
        "workbench.maths",
        "workbench.models.api",
        "workbench.models.meter",
        "workbench.models.tokens",
        "workbench.trace",
        "torch",
    ),
    "workbench.ui": (
        "workbench.lab",
        "workbench.run",
        "workbench.methods.api",
        "workbench.methods.catalogue",
        "workbench.models.shelf",
        "workbench.tasks",
        "workbench.trace",
        "workbench.exchange",
        "gradio",
        "fastapi",
        "starlette",
    ),
    "workbench.train": ("workbench.models.net", "workbench.tasks", "torch", "safetensors", "tokenizers"),
    "workbench.cli": (
        "workbench.lab",
        "workbench.run",
        "workbench.methods",
        "workbench.models",
        "workbench.tasks",
        "workbench.trace",
        "workbench.exchange",
    ),
    "workbench.__main__": ("workbench.cli",),
    "workbench": (),
    "app": ("workbench.ui", "viz", "workbench.run", "workbench.trace", "workbench.exchange"),
    "benchmarks": ("workbench", "viz", "torch", "safetensors"),
}
"""What a package may import beside itself and the standard library; DESIGN section 2. `workbench.ui` also
reads the catalogue, the shelf's list and the tasks: its menus are made from them."""

LAZY: dict[str, tuple[str, ...]] = {
    "workbench.models": ("transformers", "huggingface_hub", "jinja2"),
    "workbench.run": ("workbench",),
    "workbench.ui": ("plotly", "uvicorn"),
    "workbench.train": ("tqdm",),
    "workbench.cli": ("workbench.train", "app", "benchmarks", "tqdm"),
    "benchmarks": ("transformers", "playwright"),
}
"""What it may import inside a function only, because most runs do without."""

NOBODY = ("workbench.cli", "workbench.train", "benchmarks", "app", "workbench.__main__")
"""Ends of the house: imported by no package but where LAZY or LAYERS says so."""


def layer(module: str) -> str:
    """The longest name in the table that the module lies in."""
    return max((name for name in LAYERS if inside(module, name)), key=len)


def allowed(found: Import) -> bool:
    mine = layer(found.module)
    target = found.target
    if is_stdlib(target) or (inside(target, mine) and mine != "workbench"):
        return True
    permitted = LAYERS[mine] + (LAZY.get(mine, ()) if found.lazy else ())
    return any(target == name or (name != "workbench" and inside(target, name)) for name in permitted) or (
        mine == "benchmarks" and inside(target, "workbench")
    )


def violations(found: list[Import]) -> list[str]:
    return [f"{i.module}:{i.line} imports {i.target}" for i in found if not allowed(i)]


EVERY = [found for module, path in modules().items() for found in imports(module, path)]


def test_imports_go_one_way() -> None:
    assert not violations(EVERY)


@pytest.mark.parametrize(
    ("module", "target", "lazy"),
    [
        ("workbench.trace.fold", "torch", True),
        ("workbench.exchange.engines", "viz.tables", True),
        ("viz.words", "workbench.run.request", False),
        ("viz.words", "gradio", True),
        ("workbench.methods.run", "workbench.models.net", True),
        ("workbench.models.shelf", "transformers", False),
        ("workbench.models.shelf", "workbench.run.request", True),
        ("workbench.ui.live", "viz.reel", True),
        ("workbench.run.recorder", "workbench.train.loop", True),
        ("app", "workbench.methods.api", False),
    ],
)
def test_the_rule_can_fail(module: str, target: str, lazy: bool) -> None:
    assert violations([Import(module, target, 1, lazy)])


def test_no_method_imports_another() -> None:
    """A method file shares with others through loops, rules and maths only."""
    families = [p.name for p in (ROOT / "workbench" / "methods").iterdir() if (p / "__init__.py").is_file()]
    families.remove("loops")
    wrong = [
        f"{i.module}:{i.line} imports {i.target}"
        for i in EVERY
        if inside(i.module, "workbench.methods")
        for family in families
        if inside(i.target, f"workbench.methods.{family}") and i.target != i.module
    ]
    assert not wrong


def test_loops_import_no_method_and_the_api_no_loop() -> None:
    base = {
        "workbench.methods.api",
        "workbench.methods.run",
        "workbench.methods.dice",
        "workbench.methods.rules",
    }
    assert not [i for i in EVERY if i.module in base and inside(i.target, "workbench.methods.loops")]


def test_gradio_is_imported_by_the_page_only() -> None:
    found = {i.module for i in EVERY if inside(i.target, "gradio")}
    assert found and all(inside(module, "workbench.ui") or module == "app" for module in found)


def test_the_ends_of_the_house_are_imported_by_nobody() -> None:
    wrong = [
        i for i in EVERY for end in NOBODY if inside(i.target, end) and not inside(i.module, layer(i.target))
    ]
    permitted = {"workbench.__main__", "workbench.cli"}
    assert not [i for i in wrong if layer(i.module) not in permitted]


def test_there_are_no_import_cycles_between_packages() -> None:
    edges = {
        (layer(i.module), layer(i.target)) for i in EVERY if i.target.split(".")[0] in ("workbench", "viz")
    }
    edges = {(a, b) for a, b in edges if a != b and b != "workbench"}
    nodes = {name for edge in edges for name in edge}
    while nodes:
        free = {n for n in nodes if not any(a == n and b in nodes for a, b in edges)}
        assert free, f"these import each other in a circle: {sorted(nodes)}"
        nodes -= free


HEAVY = ("torch", "gradio", "transformers")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("workbench.trace", (*HEAVY, "numpy", "pandas", "plotly")),
        ("workbench.tasks", (*HEAVY, "numpy")),
        ("workbench.exchange", (*HEAVY, "numpy", "pandas", "plotly")),
        ("viz", HEAVY),
        ("viz.reel", HEAVY),
        ("workbench.cli", HEAVY),
        ("workbench.methods.catalogue", ("gradio", "transformers", "viz")),
        ("workbench.run.recorder", ("gradio", "transformers", "viz")),
    ],
)
def test_a_fresh_interpreter_loads_nothing_heavy(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*(name for name in {absent!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_scripts_of_the_player_define_a_name_once() -> None:
    """They share one namespace: what a second file defines under the same name replaces the first."""
    places: dict[str, list[str]] = {}
    for script in sorted((ROOT / "assets" / "player").glob("*.js")):
        for name in re.findall(r"^ *dw\.(\w+) *=[^=]", script.read_text(encoding="utf-8"), re.MULTILINE):
            places.setdefault(name, []).append(script.name)
    assert len(places) > 50
    assert not {name: files for name, files in places.items() if len(files) > 1}

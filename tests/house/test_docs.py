"""The documentation is tested: methods, commands, docstrings, links."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.cli import docs
from workbench.cli.parser import parser
from workbench.methods.catalogue import catalogue

from .imports import ROOT, inside, modules

README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_page_of_the_methods_is_current() -> None:
    assert docs.PAGE.read_text(encoding="utf-8") == docs.page(), "run 'python -m workbench docs'"


@pytest.mark.parametrize("id", list(catalogue()))
def test_every_method_says_idea_and_source(id: str) -> None:
    method = catalogue()[id]
    assert "Source:" in method.doc, "a method's docstring names its source"
    assert method.guarantee.sentence.endswith(".")
    assert all(knob.help for knob in method.knobs), "every knob has a line of help"


def test_the_commands_of_the_readme_exist() -> None:
    text = README.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"\bmake ([a-z-]+)", text)
    assert named[:2] == ["run", "test"], "the two commands come first"
    assert set(named) <= targets
    commands = re.findall(r"python -m workbench ([a-z]+)", text)
    known = _commands()
    assert commands and set(commands) <= known


def _commands() -> set[str]:
    for action in parser()._actions:
        if isinstance(action.choices, dict):
            return set(action.choices)
    raise AssertionError("the command line has no commands")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_house_map_of_the_readme_is_the_house() -> None:
    text = README.read_text(encoding="utf-8")
    for folder in sorted((ROOT / "workbench").iterdir()):
        if (folder / "__init__.py").is_file():
            assert re.search(rf"^ +{folder.name}/ ", text, re.MULTILINE), f"README's map lacks {folder.name}/"


PACKAGES = ("trace", "maths", "methods", "run", "lab", "cli")
DOCUMENTED = tuple(f"workbench.{name}" for name in PACKAGES)


def test_public_functions_have_docstrings() -> None:
    missing = [
        f"{module}.{place}"
        for module, path in modules().items()
        if any(inside(module, name) for name in DOCUMENTED)
        for place in _undocumented(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not missing


def test_every_module_says_what_it_is() -> None:
    bare = [
        m
        for m, path in modules().items()
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert [m for m in bare if modules()[m].stat().st_size] == []


def _undocumented(tree: ast.Module) -> Iterator[str]:
    """Public functions and classes of the module itself."""
    for node in tree.body:
        named = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        named = named and node.name != "Params"  # its fields carry their help
        if named and not ast.get_docstring(node):  # type: ignore[arg-type]
            yield node.name  # type: ignore[union-attr]

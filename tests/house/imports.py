"""Which module imports which: every import statement of every file, wherever it stands."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("workbench", "viz", "app", "benchmarks")


@dataclass(frozen=True)
class Import:
    """`module` (at `line`) imports `target`; `lazy` inside a function, `typing` under TYPE_CHECKING."""

    module: str
    target: str
    line: int
    lazy: bool


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    files = [ROOT / "app.py", *(path for top in OURS for path in sorted((ROOT / top).rglob("*.py")))]
    return {name(path): path for path in files if path.is_file()}


def name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: str, path: Path) -> Iterator[Import]:
    """All imports of one file, absolute; `from package import module` names the module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        for target in _targets(node, package):
            yield Import(module, target, node.lineno, id(node) in lazy)  # type: ignore[attr-defined]


def _targets(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return _dynamic(node)
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return [target if _is_module(target) else base for target in inner]


def _dynamic(node: ast.AST) -> list[str]:
    """importlib.import_module("literal") and __import__("literal") count as imports."""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return []
    called = ast.unparse(node.func)
    if called not in ("importlib.import_module", "import_module", "__import__"):
        return []
    return [str(node.args[0].value)]


def _is_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return dotted.split(".")[0] in OURS and (
        path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
    )


def is_stdlib(target: str) -> bool:
    return target.split(".")[0] in sys.stdlib_module_names


def inside(target: str, allowed: str) -> bool:
    """Whether `target` is `allowed` or lies in it."""
    return target == allowed or target.startswith(f"{allowed}.")

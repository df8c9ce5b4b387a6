"""A command line over random models of the embedded shapes, so that no trained one is needed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks import standins
from workbench.cli import main
from workbench.models.shelf import EMBEDDED


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line of an error."""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three model folders: ar-target, ar-drafter, masked."""
    return standins.make(tmp_path_factory.mktemp("models"), EMBEDDED)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in this process."""

    def call(*argv: object) -> Said:
        capsys.readouterr()
        code = main([str(word) for word in argv])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def target(folder: Path) -> list[str]:
    """The options that name the target."""
    return ["--model", f"target={folder / 'ar-target'}"]


@pytest.fixture
def both(folder: Path, target: list[str]) -> list[str]:
    """The options that name target and drafter."""
    return [*target, "--model", f"draft={folder / 'ar-drafter'}"]

"""What the page works with. The heavy part (torch, methods, models) is loaded when first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from workbench.trace import WorkbenchError
from workbench.ui.examples import Examples
from workbench.ui.pictures import Pictures
from workbench.ui.store import Store

if TYPE_CHECKING:
    from workbench.models.shelf import Shelf
    from workbench.run.request import Request
    from workbench.ui.live import Runner

DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Settings:
    """How the program was started. folders: extra model folders. traces: where journals are written.

    mcp: the named endpoints are also tools of the Model Context Protocol.
    """

    device: str = "auto"
    dtype: str = "auto"
    folders: tuple[Path, ...] = ()
    traces: Path = Path(".traces")
    mcp: bool = False


class Place:
    """The store, the pictures and, on demand, the models."""

    def __init__(self, settings: Settings, pictures: Pictures) -> None:
        self.settings, self.pictures = settings, pictures
        self.store = Store(settings.traces)
        self.examples = Examples(self.store)
        self._lock = RLock()

    @cached_property
    def shelf(self) -> Shelf:
        """The models of this machine; imports torch."""
        with self._lock:
            from workbench.models.shelf import EMBEDDED, Shelf

            return Shelf((EMBEDDED, *roots(self.settings.folders)))

    @cached_property
    def runner(self) -> Runner:
        with self._lock:
            from workbench.ui.live import Runner

            return Runner(self.store, lambda: self.shelf)

    @cached_property
    def tours(self) -> Sequence[Mapping[str, Any]]:
        """The guided tours, told on the examples that are there."""
        with self._lock:
            return self.pictures.tours(lambda id: self.store.get(id).trace(), self.examples.there)

    def choices(self) -> dict[str, Any]:
        """Methods and models as the page lists them."""
        with self._lock:
            from workbench.ui.forms import choices

            return choices(self.shelf, self.settings)

    def selection(self, method: str, knobs: Mapping[str, str]) -> dict[str, Any]:
        """What holds for a method with these knobs, as the page shows it."""
        with self._lock:
            from workbench.ui.forms import selection_json

        return selection_json(method, knobs)

    def meant(self, models: Mapping[str, str], task: str, seed: int) -> dict[str, str]:
        """Models by role, the perfect model as the one of this task's prompt (see `run.perfect`)."""
        with self._lock:
            from workbench.run.perfect import meant

        return meant(models, task, seed)

    def request(self, *, device: str = "", dtype: str = "", **given: Any) -> Request:
        """A request, on the program's own device unless another is named; method and knobs are checked."""
        device = _one_of("device", device or self.settings.device, DEVICES)
        dtype = _one_of("number type", dtype or self.settings.dtype, DTYPES)
        with self._lock:
            from workbench.methods.catalogue import find
            from workbench.run.request import Request

        request = Request(**given, device=device, dtype=dtype).checked()
        find(request.method).parse(request.knobs)
        return request


def _one_of(noun: str, name: str, names: Sequence[str]) -> str:
    if name not in names:
        raise WorkbenchError(f"There is no {noun} called '{name[:40]}'; choose one of: {', '.join(names)}.")
    return name


def roots(folders: Sequence[Path]) -> list[Path]:
    """Folders of models; a folder that is itself a model stands for the one above it."""
    found = (
        folder.expanduser().resolve().parent if (folder / "config.json").is_file() else folder.expanduser()
        for folder in folders
    )
    return list(dict.fromkeys(found))

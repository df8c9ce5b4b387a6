"""Imports gradio with its telemetry off, offline, and in half the time.

More than half of `import gradio` goes into writing editor stubs (.pyi) next to its own source, at every
start; a running app has no use for them, so that one function is replaced while gradio loads.
"""

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import ModuleType

STUB_WRITER = "gradio.component_meta"


class _NoStubs(importlib.abc.MetaPathFinder):
    """Lets gradio.component_meta load as it is, then takes its stub writer away."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != STUB_WRITER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def without_stubs(module: ModuleType) -> None:
                execute(module)
                module.create_or_modify_pyi = lambda *_, **__: None  # type: ignore[attr-defined]

            spec.loader.exec_module = without_stubs  # type: ignore[method-assign]
        return spec


def prepare(temporary: str) -> None:
    """Set what gradio reads at import: no analytics, no hub, no sharing, our own temporary folder."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = temporary
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.pop("GRADIO_SHARE", None)
    if "gradio" not in sys.modules:
        sys.meta_path.insert(0, _NoStubs())

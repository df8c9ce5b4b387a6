"""Random models of the embedded shapes, so that no trained one is needed."""

import pytest

from benchmarks import standins
from workbench.models.shelf import EMBEDDED, Shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf((standins.make(tmp_path_factory.mktemp("models"), EMBEDDED),))

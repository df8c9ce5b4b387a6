"""Opens the workbench in the browser: `python app.py`. Hands the page the pictures, and nothing else."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from viz import batch, imported, player, reel, theme, tours
from viz.export import FORMATS
from workbench.trace import WorkbenchError
from workbench.ui.pictures import Pictures
from workbench.ui.place import DEVICES, DTYPES, Settings
from workbench.ui.serve import Address, serve

TRACES = Path(__file__).resolve().parent / ".traces"


PICTURES = Pictures(
    builder=reel.ReelBuilder,
    reel=reel.reel,
    dumps=reel.dumps,
    script=player.script,
    style=player.style,
    colours=theme.TOKENS,
    formats=FORMATS,
    counts=imported.report,
    batch=batch,
    tours=tours.told,
)


def options(argv: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("app.py", description="The decoding workbench, in the browser.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=7860, help="port; a free one is taken if it is in use")
    parser.add_argument(
        "--allow-host", action="append", default=[], help="a further host name the page may have"
    )
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("--dtype", default="auto", choices=DTYPES)
    parser.add_argument(
        "--models", type=Path, action="append", default=[], metavar="FOLDER",
        help="a model folder, or a folder of them; may be given again",
    )  # fmt: skip
    parser.add_argument("--traces", type=Path, default=TRACES, help="where runs are recorded")
    parser.add_argument(
        "--open", action=argparse.BooleanOptionalAction, default=True, help="open the browser"
    )
    parser.add_argument(
        "--mcp", action="store_true", help="offer the named endpoints as MCP tools too (docs/API.md)"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until it is interrupted."""
    given = options(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = Settings(given.device, given.dtype, tuple(given.models), given.traces, given.mcp)
    address = Address(given.host, given.port, tuple(given.allow_host))
    try:
        return serve(settings, PICTURES, address, given.open)
    except WorkbenchError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

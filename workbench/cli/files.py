"""Files that a command names: what cannot be read or written is said before anything begins."""

from pathlib import Path

from workbench.cli.parser import Usage
from workbench.trace.codec_json import MAX_BYTES


def content(name: str) -> bytes:
    """The bytes of a file; of a huge one only so many that whoever opens them refuses it."""
    path = Path(name)
    try:
        if path.is_dir():
            raise Usage(f"'{path}' is a folder; name a file in it.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Usage(
            f"The file '{path}' cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from None


def target(name: str) -> Path:
    """A file to write: its folder is there, and it is none itself."""
    path = Path(name)
    if not path.parent.is_dir():
        raise Usage(f"The folder '{path.parent}' does not exist; make it first.")
    if path.is_dir():
        raise Usage(f"'{path}' is a folder; name a file in it.")
    return path

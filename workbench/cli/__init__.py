"""The command line: one function per command; every error is one sentence on standard error.

Exit codes: 0 all is well; 1 what was begun failed: a run, a check (a file that is no trace stands none), the
writing of a file; 2 it could not begin as it was asked, because of an option, a name, a value, or a file,
folder, model or device that is not to be had; 130 it was interrupted.
"""

import os
import sys
from collections.abc import Sequence

from workbench.cli.parser import Usage, parser
from workbench.trace.errors import WorkbenchError

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str]) -> int:
    """Run one command; the exit code."""
    try:
        options = parser().parse_args(argv)
        return options.command(options)
    except Usage as error:
        return _complain(str(error), USAGE)
    except WorkbenchError as error:
        return _complain(str(error), FAILED)
    except KeyboardInterrupt:
        return _complain("Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on: no message at exit
        return FAILED
    except (OSError, MemoryError) as error:
        return _complain(f"The machine refused: {error or 'out of memory'}.", FAILED)


def _complain(sentence: str, code: int) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return code

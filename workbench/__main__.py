"""`python -m workbench ...`: the command line, over the same runner as the page."""

import sys

from workbench.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The terminal: ``python -m cfusage_lab``."""

import sys

from cfusage_lab.commands import main

if __name__ == "__main__":
    sys.exit(main())

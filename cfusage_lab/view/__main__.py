"""``python -m cfusage_lab.view`` makes the libraries anew that come with the package for the browser."""

import sys

from cfusage_lab.view.vega_bundle import ship

if __name__ == "__main__":
    sys.stdout.write(f"{ship().name}\n")

"""The helpers of these tests lie beside them, and the public calls beside those that try options."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "contract")]

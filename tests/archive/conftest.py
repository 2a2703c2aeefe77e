"""Nothing in a developer's environment reaches these tests; their helpers lie beside them."""

import sys
from pathlib import Path

import pytest

from cfusage_lab import credentials

sys.path.insert(0, str(Path(__file__).parent))  # so that tests import the plain module beside them


@pytest.fixture(autouse=True)
def _no_credentials_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_TOKEN", "API_KEY", "EMAIL", "ACCOUNT_ID", "BASE_URL"):
        monkeypatch.delenv(f"CLOUDFLARE_{name}", raising=False)
    monkeypatch.setattr(credentials, "_told", [])

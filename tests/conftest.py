"""Fixtures every test may use."""

import os
import signal
from pathlib import Path

import pytest

from marketeer.tools.core.workspace import Workspace
from tests.shops import publish_shop, shop_frames, workspace_of

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a run started in the background inherits an ignored Ctrl-C, and so would the programs the tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace over a small generated shop."""
    return workspace_of(tmp_path, publish_shop(tmp_path, shop_frames()))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real data sets; tests that need it are skipped where it is not there."""
    folder = os.environ.get("MARKETEER_REAL_DATA", "")
    if not folder:
        pytest.skip("MARKETEER_REAL_DATA names no folder with the real data sets")
    return Path(folder)

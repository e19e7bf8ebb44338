"""The demo shop with every port wired, shared by the contract tests."""

from pathlib import Path

import pytest

from marketeer.tools.sources.demo import load_demo


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    load_demo(folder)
    return folder

"""Notebooks run as tests with a data folder of their own, never the person's."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest


def pytest_configure(config: pytest.Config) -> None:
    if "NAUTILUS_DATA_DIR" in os.environ:
        return
    folder = tempfile.mkdtemp(prefix="nautilus-dashboard-notebooks-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ |= {"NAUTILUS_DATA_DIR": folder, "ENV_FILE": os.devnull, "DEMO": "on"}

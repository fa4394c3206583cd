"""Who is who among processes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from nautilus_data.engine.identity import Identity


def test_this_process_is_alive() -> None:
    assert Identity.of().is_alive


def test_nobody_is_not_alive() -> None:
    assert not Identity().is_alive


def test_another_process_with_the_same_pid_is_not_taken_for_it() -> None:
    assert not replace(Identity.of(), created=Identity.of().created - 60).is_alive


def test_a_dead_child_nobody_has_waited_for_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = Identity.of(child.pid)
    assert identity.is_alive
    child.kill()
    while child.returncode is None and identity.is_alive:
        pass
    assert not identity.is_alive
    child.communicate()
    assert Identity.of(child.pid) == Identity()

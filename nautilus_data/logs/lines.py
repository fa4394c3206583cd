"""Lines: a file of JSON lines that several processes append to and turn over, and that never stops any of them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

_REST_S = 5.0
_NO_FILE = -1


class LineFile:
    """`path`, then `path.1` … `path.N`, each up to about `size` bytes and for the owner alone.

    A disk that is full or read-only costs lines, which are counted in `lost`; it is tried again every few seconds.
    """

    def __init__(
        self, path: Path, size: int = 5_000_000, files: int = 3, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._size, self._files, self._clock = path, size, files, clock
        self._lock = threading.Lock()
        self._descriptor, self._known = _NO_FILE, (0, 0)
        self._rests_until = float("-inf")
        self.lost = 0

    def write(self, line: str) -> bool:
        """Append a line; False when it is lost."""
        with self._lock:
            try:
                is_written = self._clock() >= self._rests_until and self._append(
                    line.encode(errors="backslashreplace") + b"\n"
                )
            except OSError:
                self._close()
                is_written = False
                self._rests_until = self._clock() + _REST_S
            self.lost += not is_written
            return is_written

    def close(self) -> None:
        with self._lock:
            self._close()

    def _append(self, line: bytes) -> bool:
        self._open()
        if os.fstat(self._descriptor).st_size + len(line) > self._size:
            self._turn_over()
            self._open()
        # One call, at the end of the file: lines of several processes do not mix.
        written = os.write(self._descriptor, line)
        if written < len(line):
            raise OSError("a line was written in part")
        return True

    def _open(self) -> None:
        """The file that now has the name: another process may have turned it over, or a person deleted it."""
        with contextlib.suppress(FileNotFoundError):
            found = self._path.stat()
            if self._descriptor != _NO_FILE and (found.st_dev, found.st_ino) == self._known:
                return
        self._close()
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        opened = os.fstat(self._descriptor)
        self._known = (opened.st_dev, opened.st_ino)
        # What a full disk or a sudden end left half written stays a line of its own.
        if opened.st_size and os.pread(self._descriptor, 1, opened.st_size - 1) != b"\n":
            os.write(self._descriptor, b"\n")

    def _turn_over(self) -> None:
        """One process does it; who comes second finds it done, or goes on in the old file for now."""
        with contextlib.suppress(Timeout), FileLock(self._path.with_name(f".{self._path.name}.lock"), timeout=0):
            if self._path.stat().st_ino != self._known[1]:
                return
            for number in range(self._files - 1, 0, -1):
                older = self._path if number == 1 else self._numbered(number - 1)
                with contextlib.suppress(FileNotFoundError):
                    older.replace(self._numbered(number))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _close(self) -> None:
        if self._descriptor != _NO_FILE:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = _NO_FILE

"""RunFolder: the files through which parent and child speak."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pandas as pd

from nautilus_data.core.dataset import BARS
from nautilus_data.core.instrument import Instrument
from nautilus_data.engine.config import Control, EngineState, RunConfig

_Value = TypeVar("_Value", RunConfig, Control, EngineState)
_TAIL_BYTES = 64_000
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_ERROR = re.compile(r"\[(ERROR|CRITICAL)\]|panicked|^[\w.]*(Error|Exception|Interrupt)\b")


class RunFolder:
    """One run at a time; every file is replaced whole, so that a reader never sees half of one."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.log = self.path / "log.txt"
        self.old_log = self.path / "log.1.txt"

    def create(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def save_config(self, config: RunConfig) -> None:
        self._write("config.json", config.to_json())

    def load_config(self) -> RunConfig:
        return RunConfig.from_json((self.path / "config.json").read_text())

    def save_control(self, control: Control) -> None:
        self._write("control.json", control.to_json())

    def load_control(self) -> Control:
        return self._load("control.json", Control) or Control()

    def save_state(self, state: EngineState) -> None:
        self._write("state.json", state.to_json())

    def load_state(self) -> EngineState:
        return self._load("state.json", EngineState) or EngineState()

    def save_market(self, instruments: list[Instrument], bars: Mapping[str, pd.DataFrame]) -> None:
        """Instruments and their bars, in one table."""
        self._write("instruments.json", json.dumps([asdict(instrument) for instrument in instruments], default=str))
        names = [instrument.instrument_id for instrument in instruments]
        frames = [BARS.conform(bars[name]).assign(instrument_id=name) for name in names]
        table = pd.concat(frames, ignore_index=True)
        table["instrument_id"] = pd.Categorical(table["instrument_id"], categories=names)
        table.to_feather(self.path / "bars.feather", compression="uncompressed")

    def load_instruments(self) -> list[Instrument]:
        rows = json.loads((self.path / "instruments.json").read_text())
        exact = ("price_increment", "multiplier")
        return [Instrument(**{**row, **{name: Decimal(row[name]) for name in exact}}) for row in rows]

    def load_bars(self) -> pd.DataFrame:
        """BARS columns and `instrument_id`."""
        return pd.read_feather(self.path / "bars.feather")

    def log_tail(self, lines: int) -> list[str]:
        """Last lines of the log, over its turn-over, without colors."""
        text = _tail(self.old_log) + _tail(self.log)
        return _COLORS.sub("", text).splitlines()[-lines:]

    def last_error(self) -> str:
        """The last line of this run's log that tells of an error, else its last line."""
        lines = [line.strip() for line in _COLORS.sub("", _tail(self.log)).splitlines() if line.strip()]
        errors = [number for number, line in enumerate(lines) if _ERROR.search(line)]
        if not errors:
            return lines[-1] if lines else ""
        # A panic of the native code says where first, and what in the next line.
        return " ".join(lines[errors[-1] : errors[-1] + (2 if "panicked" in lines[errors[-1]] else 1)])

    def _load(self, name: str, kind: type[_Value]) -> _Value | None:
        try:
            return kind.from_json((self.path / name).read_text())
        except FileNotFoundError:
            return None
        # Files of another version, or of a disk that filled up, tell nothing.
        except (ValueError, TypeError, KeyError):
            return None

    def _write(self, name: str, text: str) -> None:
        draft = self.path / f"{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w") as file:
            file.write(text)
        draft.replace(self.path / name)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""

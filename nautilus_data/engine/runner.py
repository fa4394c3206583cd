"""Runner: what the child starts with; `python -m nautilus_data.engine.runner FOLDER`."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

from nautilus_data.engine.config import EngineState, RunConfig, Status
from nautilus_data.engine.folder import RunFolder
from nautilus_data.engine.identity import Identity
from nautilus_data.engine.recorder import Recorder
from nautilus_data.logs import set_up_engine_logs

_log = logging.getLogger(__name__)


def main(path: str) -> int:
    """Exit code 0 when the run was stopped, 1 when it could not go on."""
    folder = RunFolder(Path(path))
    config = folder.load_config()
    set_up_engine_logs(config.logs_folder, config.log_level, [config.redis_password])
    # First of all, so that whoever opens the folder finds this process.
    recorder = Recorder(folder, _first_state(config))
    recorder.tell()
    try:
        _run(folder, config, recorder)
    except Exception as error:
        _log.exception("The run failed run_id=%s", config.run_id)
        recorder.tell(status=Status.FAILED, error=f"{type(error).__name__}: {error}")
        return 1
    recorder.tell(status=Status.STOPPED)
    return 0


def _first_state(config: RunConfig) -> EngineState:
    return EngineState(
        status=Status.STARTING,
        run_id=config.run_id,
        trader_id=config.trader_id,
        process=Identity.of(),
        pace=config.pace,
        started=time.time_ns(),
    )


def _run(folder: RunFolder, config: RunConfig, recorder: Recorder) -> None:
    # The optional nautilus_trader, a second or two to import.
    from nautilus_data.engine.child import Child

    Child(folder, config, recorder).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

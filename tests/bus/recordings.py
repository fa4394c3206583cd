"""Streams recorded from real nodes, where they lie beside the repository."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "bus"
STREAMS = (
    "1-backtest-msgpack-stream-per-topic",
    "2-live-json-single-stream-snapshots",
    "5-live-reconciliation-msgpack",
)


def entries(name: str) -> Iterator[tuple[str, str, dict[str, bytes]]]:
    """`(stream, id, fields)` of a recording; the test is skipped where there is none."""
    path = FOLDER / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("the recorded streams are not here (../shared/data/bus)")
    with gzip.open(path, "rt") as lines:
        for line in lines:
            entry = json.loads(line)
            yield entry["stream"], entry["id"], {key: b64decode(value) for key, value in entry["fields"].items()}


def replay(client: redis.Redis, name: str) -> int:
    """Write a recording into a Redis; returns how many entries."""
    pipeline = client.pipeline(transaction=False)
    count = 0
    for stream, entry_id, fields in entries(name):
        pipeline.xadd(stream, fields, id=entry_id)
        count += 1
    pipeline.execute()
    return count

"""Trades of a run of many fills, as a chart asks for them: each verb against the bare read of the same fills.

Run: python -m benchmarks.executions_read [fills]. A netting position that is closed with every second fill; then one
that each fill turns round, so that every position begins where another ended.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.views.executions import executions_payload
from benchmarks.store_read import median_ms
from nautilus_data.core.dataset import FILLS, INSTRUMENTS, ORDER_EVENTS, ORDERS, POSITIONS, RUNS
from nautilus_data.core.round_trip import RoundTrips
from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.services.executions import Executions
from nautilus_data.services.live import Live
from nautilus_data.store import Store

INSTRUMENT, TRADER, RUN = "AAPL.NASDAQ", "T-1", 1_700_000_000 * NS_PER_S
KINDS = ("OrderInitialized", "OrderSubmitted", "OrderAccepted", "OrderFilled")
SHOWN = 500
BARE = "SELECT ts_event, side, last_qty, last_px FROM fills WHERE instrument_id = ? AND run_id = ? ORDER BY ts_event"


def trade(number: int, is_turning: bool) -> dict[str, object]:
    """All that is stored of one fill."""
    at, side, name = RUN + (number + 1) * NS_PER_S, ("BUY", "SELL")[number % 2], f"O-{number}"
    qty, px = "20" if is_turning and number else "10", f"{100 + number % 7 / 10:.2f}"
    whose = (TRADER, RUN, name)
    terms = {"order_side": side, "order_type": "MARKET", "quantity": qty, "last_qty": qty, "last_px": px}
    bodies = [json.dumps({**terms, "type": kind, "event_id": f"{number}-{kind}"}) for kind in KINDS]
    booked = ("S-1", INSTRUMENT, "A")
    return {
        "fill": (TRADER, RUN, f"{number}-OrderFilled", number, *booked, name, "V", f"x-{number}", "P", side, "MARKET",
                 qty, px, "USD", "0.10", "USD", "TAKER", at, at, 0),
        "order": (*whose, *booked, "V", side, "MARKET", "GTC", qty, qty, float(px), "", "", "FILLED", "", at, at),
        "events": [(*whose, f"{number}-{kind}", 4 * number + place, kind, *booked, "V", at, at, body)
                   for place, (kind, body) in enumerate(zip(KINDS, bodies, strict=True))],
        "cycle": (TRADER, RUN, "P", at, number, *booked, "FLAT", "0", "10", 100.0, 100.0, "0", "USD", 0.0,
                  at + NS_PER_S, at + NS_PER_S),
    }  # fmt: skip


def write(store: Store, count: int, is_turning: bool) -> None:
    trades = [trade(number, is_turning) for number in range(count)]
    store.write_rows(
        {
            FILLS: [one["fill"] for one in trades],
            ORDERS: [one["order"] for one in trades],
            ORDER_EVENTS: [event for one in trades for event in one["events"]],
            POSITIONS: [one["cycle"] for one in (trades if is_turning else trades[::2])],
            RUNS: [(TRADER, RUN, 0)],
            INSTRUMENTS: [(INSTRUMENT, "AAPL", "Equity", "USD", "", "", 2, 0, "0.01", "1", False, 0)],
        }
    )  # fmt: skip


def report(title: str, work: Callable[[], object], bare: float) -> None:
    taken = median_ms(work, turns=5)
    print(f"  {title:44} {taken:8.1f} ms   {taken / bare:6.2f} of the bare read")


def measure(path: Path, store: Store, count: int) -> None:
    executions = Executions(store, Live())
    middle = RUN + count // 2 * NS_PER_S
    span = TimeRange(middle, middle + SHOWN * NS_PER_S)
    with sqlite3.connect(path) as raw:
        number = raw.execute("SELECT id FROM instrument_ids WHERE instrument_id = ?", (INSTRUMENT,)).fetchone()[0]
        bare = median_ms(lambda: raw.execute(BARE, (number, RUN)).fetchall(), turns=5)
    print(f"  {f'sqlite3: all {count:,} fills, 4 columns':44} {bare:8.1f} ms")
    report("traded: all, to be summed up", lambda: executions.traded(INSTRUMENT), bare)
    report(f"fills: {SHOWN} in the middle", lambda: executions.fills(INSTRUMENT, span), bare)
    report(f"round_trips: of these {SHOWN}", lambda: executions.round_trips(INSTRUMENT, span), bare)
    report(f"order_marks: of these {SHOWN}", lambda: executions.order_marks(INSTRUMENT, span), bare)
    report("working", lambda: executions.working(INSTRUMENT), bare)
    fills, trips = executions.fills(INSTRUMENT, span), executions.round_trips(INSTRUMENT, span)
    bars = np.arange(span.start, span.end + 1, 2 * NS_PER_S)
    marks, working = executions.order_marks(INSTRUMENT, span), executions.working(INSTRUMENT)
    each = (fills, trips, marks, working, bars, "UTC", 2)
    report("payload: each fill, link and mark of them", lambda: executions_payload(*each), bare)
    wide = np.linspace(RUN, RUN + (count + 1) * NS_PER_S, 2_000).astype("int64")
    summed = (executions.traded(INSTRUMENT), RoundTrips(), None, working, wide, "UTC", 2)
    report("payload: all summed up on 2,000 bars", lambda: executions_payload(*summed), bare)
    print(f"  as JSON: {len(json.dumps(executions_payload(*each))) / 1000:,.0f} kB; without marks "
          f"{len(json.dumps(executions_payload(fills, trips, None, *each[3:]))) / 1000:,.0f} kB; all summed up "
          f"{len(json.dumps(executions_payload(*summed))) / 1000:,.0f} kB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fills", nargs="?", type=int, default=100_000)
    asked = parser.parse_args()
    for is_turning in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trades.sqlite"
            store = Store(f"sqlite:///{path}")
            write(store, asked.fills, is_turning)
            print("each fill turns the position round" if is_turning else "each second fill closes the position")
            measure(path, store, asked.fills)
            store.close()


if __name__ == "__main__":
    main()

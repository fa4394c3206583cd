"""A real backtest on a catalog: `python -m tests.engine.backtest CATALOG BAR_TYPE` tells bars seen and fills."""

from __future__ import annotations

import json
import sys
from decimal import Decimal

from nautilus_trader.backtest.node import BacktestNode
from nautilus_trader.config import (
    BacktestDataConfig,
    BacktestEngineConfig,
    BacktestRunConfig,
    BacktestVenueConfig,
    LoggingConfig,
    StrategyConfig,
)
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.trading.strategy import Strategy


class Crossing(Strategy):
    """Hold one while the fast average is above the slow one; remember every bar."""

    def __init__(self, bar_type: BarType) -> None:
        super().__init__(StrategyConfig(strategy_id="Crossing-001"))
        self.bar_type = bar_type
        self.fast, self.slow = ExponentialMovingAverage(3), ExponentialMovingAverage(7)
        self.bars: list[list[str | int]] = []
        self.fills = 0

    def on_start(self) -> None:
        for average in (self.fast, self.slow):
            self.register_indicator_for_bars(self.bar_type, average)
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar: Bar) -> None:
        prices = [str(Decimal(str(price))) for price in (bar.open, bar.high, bar.low, bar.close)]
        self.bars.append([bar.ts_event, bar.ts_init, *prices, str(bar.volume)])
        if not self.indicators_initialized():
            return
        instrument = self.cache.instrument(bar.bar_type.instrument_id)
        is_long = self.portfolio.is_net_long(instrument.id)
        side = OrderSide.SELL if is_long else OrderSide.BUY
        if is_long != (self.fast.value > self.slow.value):
            order = self.order_factory.market(instrument.id, side, instrument.make_qty(1))
            self.submit_order(order)

    def on_event(self, event: object) -> None:
        self.fills += isinstance(event, OrderFilled)


def main(path: str, name: str) -> None:
    bar_type = BarType.from_str(name)
    venue = BacktestVenueConfig(
        name=str(bar_type.instrument_id.venue), oms_type="NETTING", account_type="MARGIN",
        starting_balances=["1000000 USD"],
    )  # fmt: skip
    data = BacktestDataConfig(catalog_path=path, data_cls=Bar, bar_types=[name])
    engine = BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True))
    # In small chunks, as a node reads what is larger than its memory.
    run = BacktestRunConfig(engine=engine, venues=[venue], data=[data], chunk_size=10_000, dispose_on_completion=False)
    node = BacktestNode(configs=[run])
    node.build()
    strategy = Crossing(bar_type)
    node.get_engine(run.id).add_strategy(strategy)
    node.run()
    sys.stdout.write(json.dumps({"bars": strategy.bars, "fills": strategy.fills}))


if __name__ == "__main__":
    main(*sys.argv[1:])

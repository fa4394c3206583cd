"""The TradingNode of a run: sandbox venues, example strategies, a bus into Redis; runs in the child only."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from nautilus_trader.adapters.sandbox import config as sandbox_config
from nautilus_trader.adapters.sandbox import factory as sandbox_factory
from nautilus_trader.adapters.sandbox.execution import SandboxExecutionClient
from nautilus_trader.cache.config import CacheConfig
from nautilus_trader.common.component import MessageBus
from nautilus_trader.config import (
    DatabaseConfig,
    LiveDataClientConfig,
    LiveDataEngineConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    LoggingConfig,
    MessageBusConfig,
    RoutingConfig,
    TradingNodeConfig,
)
from nautilus_trader.examples.strategies.ema_cross import EMACross, EMACrossConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import Bar

from nautilus_data.engine.config import RunConfig
from nautilus_data.engine.feed import CLIENT, ReplayClient, Tape, bar_type_of, client_factory

# Strategies and the portfolio listen at lower ones: the sandbox must know the price before anybody trades at it.
_BEFORE_STRATEGIES = 100
_UNLIMITED = "1000000/00:00:01"


class SandboxLiveExecClientFactory(sandbox_factory.SandboxLiveExecClientFactory):
    """The stock sandbox, handed the bars as well; the node gives the portfolio to this class name only."""

    @staticmethod
    def create(msgbus: MessageBus, **parts: object) -> SandboxExecutionClient:
        client = sandbox_factory.SandboxLiveExecClientFactory.create(msgbus=msgbus, **parts)

        def hand_over(bar: Bar) -> None:
            if bar.bar_type.instrument_id.venue == client.venue:
                client.on_data(bar)

        msgbus.subscribe("data.bars.*", hand_over, _BEFORE_STRATEGIES)
        return client


def build_node(config: RunConfig, tape: Tape, loop: asyncio.AbstractEventLoop) -> tuple[TradingNode, ReplayClient]:
    """A node ready to run, and the client that feeds it."""
    venues = sorted({str(equity.id.venue) for equity in tape.equities})
    made: list[ReplayClient] = []
    node = TradingNode(_node_config(config, venues), loop=loop)
    node.add_data_client_factory(CLIENT, client_factory(tape.equities, made))
    for venue in venues:
        node.add_exec_client_factory(venue, SandboxLiveExecClientFactory)
    for strategy in _strategies(config, tape):
        node.trader.add_strategy(strategy)
    node.build()
    return node, made[0]


def is_idle(node: TradingNode) -> bool:
    """Are the engines' queues empty? A message may still be on its way into one."""
    data, risk, execution = node.kernel.data_engine, node.kernel.risk_engine, node.kernel.exec_engine
    sizes = (
        data.data_qsize(), data.cmd_qsize(), data.req_qsize(), data.res_qsize(),
        risk.cmd_qsize(), risk.evt_qsize(), execution.cmd_qsize(), execution.evt_qsize(),
    )  # fmt: skip
    return not any(sizes)


def _node_config(config: RunConfig, venues: list[str]) -> TradingNodeConfig:
    return TradingNodeConfig(
        trader_id=config.trader_id,
        logging=LoggingConfig(log_level=config.log_level, log_colors=False),
        cache=CacheConfig(),
        message_bus=_message_bus(config),
        data_engine=LiveDataEngineConfig(time_bars_build_with_no_updates=False),
        risk_engine=LiveRiskEngineConfig(max_order_submit_rate=_UNLIMITED, max_order_modify_rate=_UNLIMITED),
        # The sandbox's mass status has no account id, and the bus can't write it.
        exec_engine=LiveExecEngineConfig(reconciliation=False),
        data_clients={CLIENT: LiveDataClientConfig(routing=RoutingConfig(default=True))},
        exec_clients={venue: _sandbox(config, venue) for venue in venues},
        timeout_connection=10.0,
        timeout_portfolio=5.0,
        timeout_disconnection=1.0,
        timeout_post_stop=0.2,
        timeout_shutdown=1.0,
    )


def _message_bus(config: RunConfig) -> MessageBusConfig:
    redis = DatabaseConfig(
        type="redis",
        host=config.redis_host,
        port=config.redis_port,
        password=config.redis_password or None,
    )
    return MessageBusConfig(
        database=redis,
        encoding="msgpack",
        stream_per_topic=True,
        use_instance_id=False,
        autotrim_mins=config.autotrim_mins,
        heartbeat_interval_secs=config.heartbeat_s,
    )


def _sandbox(config: RunConfig, venue: str) -> sandbox_config.SandboxExecutionClientConfig:
    return sandbox_config.SandboxExecutionClientConfig(
        venue=venue,
        base_currency=config.currency,
        starting_balances=[f"{config.starting_balance} {config.currency}"],
        oms_type="NETTING",
        account_type="MARGIN",
    )


def _strategies(config: RunConfig, tape: Tape) -> list[EMACross]:
    """One for each instrument that has bars; what is open when the node stops stays open."""
    strategies = []
    for number, equity in enumerate(tape.equities):
        close = tape.first_close(equity)
        if close is None:
            continue
        settings = EMACrossConfig(
            instrument_id=equity.id,
            bar_type=bar_type_of(str(equity.id), config.timeframe),
            order_id_tag=f"{number:03}",
            trade_size=Decimal(max(1, round(config.position_value / close))),
            fast_ema_period=config.fast,
            slow_ema_period=config.slow,
            subscribe_trade_ticks=False,
            request_bars=False,
            close_positions_on_stop=False,
        )
        strategies.append(EMACross(settings))
    return strategies

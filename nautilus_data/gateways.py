"""Gateways: the worker's part in sources that stay connected — the connection, live values, the account, commands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from nautilus_data.core.job import Job, Status
from nautilus_data.errors import ConfigError, DashboardError, RetryableError, SkippableError
from nautilus_data.services.sources import ACCOUNT, COMMANDS, DISCONNECT, RECONNECT, SEARCH, told_found
from nautilus_data.sources.ib import QUOTES, Gateway, Pace, Pacing, Quote, RealtimeBar
from nautilus_data.store import WatchKey, work_on
from nautilus_data.transport import Connection, State
from nautilus_data.workspace import Workspace

_LOG = logging.getLogger(__name__)
NAME = "interactive_brokers"
_LOOK_S, _TELL_S, _ACCOUNT_S, _AGAIN_S, _SEARCH_S = 0.5, 1.0, 5.0, 10.0, 15.0
# An answer may take so many times as long as logging in.
_REQUEST_PATIENCE = 4
_TOLD_CHANGES = 20


class Gateways:
    """Connected while the source is switched on and nobody asked to disconnect; the holder of the lease has one."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._store, self._desk = workspace, workspace.store, workspace.desk
        self._settings, self._source = workspace.settings, workspace.sources[NAME]
        # A gateway's daily restart takes one to three minutes: so long it is RECONNECTING, not ERROR.
        self._connection = Connection(NAME, max_s=30.0, tries=12)
        self._is_wanted = True
        self._error = ""
        self._looked_at = self._told_at = self._account_at = float("-inf")
        self._account: dict[str, Any] = {}
        self._values: dict[tuple[str, str], int] = {}
        self._asked: dict[WatchKey, tuple[int, asyncio.Task[None]]] = {}
        self._refusals: dict[WatchKey, tuple[str, float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def gateway(self) -> Gateway | None:
        return self._source.gateway

    async def tick(self) -> None:
        """Follow the switch and the watches, carry out commands, tell how it stands; the worker calls this often."""
        if time.monotonic() - self._looked_at < _LOOK_S:
            return
        self._looked_at = time.monotonic()
        while job := await asyncio.to_thread(self._store.claim_job, COMMANDS):
            self._begin(self._carry_out(job))
        await self._follow_switch(await asyncio.to_thread(self._desk.is_enabled, NAME))
        self._follow_watches()
        if time.monotonic() - self._told_at >= _TELL_S:
            self._told_at = time.monotonic()
            await asyncio.to_thread(self._tell)
        if self._is_delivering and time.monotonic() - self._account_at >= _ACCOUNT_S:
            self._account_at = time.monotonic()
            self._begin(self._tell_account())

    async def stop(self) -> None:
        """Disconnect; what is pending fails."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._disconnect()

    @property
    def _is_delivering(self) -> bool:
        return self.gateway is not None and self.gateway.status().is_delivering

    async def _follow_switch(self, is_on: bool) -> None:
        # Switched off and on again is asked anew, whatever was asked before.
        self._is_wanted = self._is_wanted or not is_on
        if is_on and self._is_wanted and self.gateway is None:
            await asyncio.to_thread(self._connect)
        elif self.gateway is not None and not (is_on and self._is_wanted):
            await self._disconnect()

    def _connect(self) -> None:
        settings = self._settings
        pace = Pace(connect_s=settings.ib_timeout_s, request_s=_REQUEST_PATIENCE * settings.ib_timeout_s)
        gateway = Gateway(
            settings.ib_host, settings.ib_port, Pacing(settings.nautilus_data_dir, self._workspace.ledger),
            client_id=settings.ib_client_id, is_readonly=settings.ib_readonly, pace=pace, connection=self._connection,
        )  # fmt: skip
        try:
            gateway.start()
        except ConfigError as error:
            # Tried again once it was switched off and on.
            self._error, self._is_wanted = str(error), False
            _LOG.error("Interactive Brokers can't be used reason=%s", error)
            return
        self._error = ""
        self._source.gateway = gateway

    async def _disconnect(self) -> None:
        gateway, self._source.gateway = self.gateway, None
        for _, task in self._asked.values():
            task.cancel()
        self._asked.clear()
        self._refusals.clear()
        self._values.clear()
        if gateway is not None:
            await asyncio.to_thread(gateway.stop)
            self._told_at = float("-inf")

    def _follow_watches(self) -> None:
        if not self._is_delivering:
            return
        wanted = {key: asked for key, asked in self._desk.records.watches.items() if key.source == NAME}
        for key in [key for key in self._asked if key not in wanted]:
            self._asked.pop(key)[1].cancel()
            self._refusals.pop(key, None)
            self._values.pop((key.instrument_id, key.kind), None)
            self.gateway.drop(key.instrument_id, key.kind)
        for key, asked_at in wanted.items():
            known, (_, again_at) = self._asked.get(key), self._refusals.get(key, ("", 0.0))
            if known is None or known[0] != asked_at or (again_at and time.monotonic() >= again_at):
                self._refusals.pop(key, None)
                self._asked[key] = asked_at, self._begin(self._want(key))

    async def _want(self, key: WatchKey) -> None:
        try:
            await self._source.want(key.instrument_id, key.kind)
        except RetryableError as error:
            self._refusals[key] = str(error), time.monotonic() + _AGAIN_S
        except (DashboardError, ValueError) as error:
            self._refusals[key] = str(error), 0.0

    def _tell(self) -> None:
        """How the connection stands, and the values that changed."""
        if self.gateway is not None:
            self._store.save_latest_values(self._changed_values(self.gateway))
            self._store.save_source_state(NAME, self._status(self.gateway))
        elif self._desk.is_enabled(NAME):
            reason = self._error or "a person disconnected it: connect on /sources"
            state = State.ERROR if self._error else State.DISCONNECTED
            address = f"{self._settings.ib_host}:{self._settings.ib_port}"
            quota = self._source.quota()[0]
            told = {
                "state": state, "address": address, "error": reason, "outage": "", "history": self._history(),
                "calls_used": quota.used, "calls_left": quota.left,
            }  # fmt: skip
            self._store.save_source_state(NAME, told)

    def _status(self, gateway: Gateway) -> dict[str, Any]:
        status = asdict(gateway.status())
        refusals = {f"{key.instrument_id} {key.kind}": reason for key, (reason, _) in self._refusals.items()}
        refusals |= {f"{line.instrument_id} {line.kind}": reason for line, reason in gateway.refusals().items()}
        outages = [{"start": start, "end": end, "reason": reason} for start, end, reason in gateway.outages()]
        return {
            **status, "error": status["error"] or "", "outage": status["outage"] or "", "refusals": refusals,
            "connected_at": self._connection.connected_at, "outages": outages[-_TOLD_CHANGES:],
            "reconnect_attempts": self._connection.reconnect_attempts, "history": self._history(),
        }  # fmt: skip

    def _history(self) -> list[dict[str, Any]]:
        changes = self._connection.history[-_TOLD_CHANGES:]
        return [{"at": change.at_ns, "state": change.state, "reason": change.reason or ""} for change in changes]

    def _changed_values(self, gateway: Gateway) -> list[dict[str, Any]]:
        rows = []
        found: dict[tuple[str, str], Quote | RealtimeBar] = {
            **{(name, QUOTES): quote for name, quote in gateway.quotes().items()},
            **{tuple(line): bar for line, bar in gateway.realtime_bars().items()},
        }
        for (instrument_id, kind), value in found.items():
            is_wanted = WatchKey(NAME, instrument_id, kind) in self._asked
            if is_wanted and self._values.get((instrument_id, kind)) != value.ts_received:
                self._values[instrument_id, kind] = value.ts_received
                rows.append({"source": NAME, "instrument_id": instrument_id, "kind": kind, **_texts(value)})
        return rows

    async def _tell_account(self) -> None:
        """Balances and positions, when they changed; the account is read, never traded."""
        gateway = self.gateway
        if not gateway.is_account_told:
            # Not told yet is not the same as none.
            return
        with suppress(DashboardError):
            values, holdings = await gateway.account_values(), await gateway.holdings()
            found = {
                "values": [_plain(asdict(row)) for row in values],
                "positions": [_plain(asdict(row)) for row in holdings],
            }
            if found != self._account:
                await asyncio.to_thread(self._store.save_source_state, ACCOUNT.format(NAME), found)
                self._account = found

    async def _carry_out(self, job: Job) -> None:
        """A command; its row says how it went."""
        with work_on(self._store, job):
            await self._answer(job)

    async def _answer(self, job: Job) -> None:
        more: dict[str, Any] = {}
        try:
            if job.kind == SEARCH:
                more["params"] = {**job.params, "found": await asyncio.wait_for(self._search(job), _SEARCH_S)}
                message = f"{len(more['params']['found'])} found"
            else:
                message = await self._command(job.kind)
            status = Status.SUCCEEDED
        except TimeoutError:
            message, status = f"the gateway did not answer within {_SEARCH_S:.0f} s: try again", Status.FAILED
        except (DashboardError, ValueError) as error:
            message, status = str(error), Status.FAILED
        except Exception as error:
            # The worker's loop: a command that can't be carried out must not stay in the queue.
            message, status = f"unexpected: {error!r}; see the worker's log", Status.FAILED
            _LOG.exception("command failed job=%s kind=%s", job.id, job.kind)
        done = {"status": status, "message": message, "done": 1, "total": 1, **more}
        await asyncio.to_thread(lambda: self._store.update_job(job.id, **done))

    async def _search(self, job: Job) -> list[dict[str, str]]:
        if self.gateway is None:
            raise SkippableError(self._source.refusal() or "not connected yet: try again in a few seconds")
        asked = {name: job.params[name] for name in ("text", "limit", "sec_type", "currency")}
        return told_found(await self._source.search(**asked))

    async def _command(self, kind: str) -> str:
        if kind == DISCONNECT:
            self._is_wanted = False
            await self._disconnect()
            return "disconnected"
        self._is_wanted = True
        if kind == RECONNECT and self._is_delivering:
            await self._disconnect()
        elif self.gateway is not None:
            self.gateway.retry()
        return "asked the connection; its state shows the effect"

    def _begin(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _texts(value: Quote | RealtimeBar) -> dict[str, Any]:
    if isinstance(value, RealtimeBar):
        told = {"price": value.close, "bid": None, "ask": None, "previous": None}
        is_delayed, ts_event = False, value.ts_event
    else:
        told = {"price": value.price, "bid": value.bid, "ask": value.ask, "previous": value.previous_close}
        is_delayed, ts_event = value.is_delayed, value.ts_received
    told["volume"] = value.volume
    texts = {name: "" if one is None else str(one) for name, one in told.items()}
    return {**texts, "is_delayed": is_delayed, "ts_event": ts_event, "ts_received": value.ts_received}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | int) or value is None else str(value) for name, value in row.items()}

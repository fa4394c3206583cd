"""Cache: what a node keeps of itself in Redis: the only place that knows what was before the reader came.

Positions are told by their fills: up to 1.224 `index:positions_open` and `_closed` hold what they should not, and
nothing here reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from nautilus_data.bus.cache_list import CachedEvents, CachedFills, CachedList, Record, read_payload, text
from nautilus_data.bus.cursor import explain_refusal
from nautilus_data.bus.message import trader_id_of
from nautilus_data.bus.records import AccountState, InstrumentDefinition, OrderEvent
from nautilus_data.core.position import Position, Terms, number
from nautilus_data.errors import RetryableError

# SCAN knows no "or": `nts:` ends both accounts: and instruments:.
_PATTERNS = (b"*nts:*", b"*:index:orders")
_SCAN_COUNT = 1_000
_SCANS_A_READ = 16
_FLAT_A_READ = 1_000
_BATCH = 1_000
_KEPT_REASONS = 1_000
_OPEN_ORDERS = (b"index:orders_open", b"index:orders_inflight", b"index:orders_emulated")
_POSITIONS = b"index:positions"

WantedOrders = Callable[[str], Collection[str]]


@dataclass(frozen=True, kw_only=True)
class CacheState:
    """What one trader's cache says now.

    `orders` holds all events, oldest first, of the open orders, of those asked for, and of those that filled the open
    positions; `positions` the cycles of each position, the current one last. `skipped` is (key, reason) of what can't
    be read.
    """

    trader_id: str
    instruments: Mapping[str, InstrumentDefinition] = field(default_factory=dict)
    accounts: Mapping[str, AccountState] = field(default_factory=dict)
    open_order_ids: frozenset[str] = frozenset()
    orders: Mapping[str, tuple[OrderEvent, ...]] = field(default_factory=dict)
    positions: Mapping[str, tuple[Position, ...]] = field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()


def no_orders(trader_id: str) -> Collection[str]:
    return ()


class CacheReader:
    """Finds the traders that keep a cache and reads them; what was read and can't have changed is not read again.

    `client` gives bytes (decode_responses False). Not for two threads at once.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._walks = [_Walk(pattern) for pattern in _PATTERNS]
        self._caches: dict[bytes, _Cache] = {}

    def read(self, wanted_orders: WantedOrders = no_orders) -> list[CacheState]:
        """Every trader's cache; `wanted_orders(trader_id)` names orders to read even if they are open no more.

        Raises RetryableError when Redis does not answer or refuses.
        """
        try:
            for walk in self._walks:
                walk.go_on(self._client)
            self._sort_keys()
            return [cache.read(self._client, wanted_orders) for cache in self._caches.values()]
        except RedisError as error:
            raise RetryableError(f"the cache keys in Redis can't be read: {explain_refusal(error)}") from error

    def _sort_keys(self) -> None:
        found: dict[bytes, dict[bytes, set[bytes]]] = {}
        for key in (key for walk in self._walks for key in walk.keys):
            owner, _, rest = key.partition(b":")
            kind, _, name = rest.partition(b":")
            if name and kind in (b"accounts", b"instruments", b"index") and _trader_of(key):
                found.setdefault(owner, {}).setdefault(kind, set()).add(name)
        self._caches = {owner: self._caches.get(owner) or _Cache(owner) for owner in sorted(found)}
        for owner, names in found.items():
            self._caches[owner].account_ids = names.get(b"accounts", set())
            self._caches[owner].instrument_ids = names.get(b"instruments", set())


class _Walk:
    """A SCAN, whole at first; later it goes on a few steps at a time, so that a million keys cost no read much."""

    def __init__(self, pattern: bytes) -> None:
        self._pattern = pattern
        self._cursor = 0
        self._seen: set[bytes] = set()
        self._is_first = True
        self.keys: set[bytes] = set()

    def go_on(self, client: Redis) -> None:
        steps = 0
        while self._is_first or steps < _SCANS_A_READ:
            self._cursor, keys = client.scan(self._cursor, match=self._pattern, count=_SCAN_COUNT)
            self._seen.update(keys)
            steps += 1
            if self._cursor == 0:
                self.keys, self._seen, self._is_first = self._seen, set(), False
                return
        self.keys |= self._seen


class _Cache:
    """One trader's keys, and what was read of them."""

    def __init__(self, owner: bytes) -> None:
        self._prefix = owner + b":"
        self.trader_id = trader_id_of(self._prefix.decode())
        self.account_ids: set[bytes] = set()
        self.instrument_ids: set[bytes] = set()
        self._accounts: dict[bytes, tuple[bytes, Any]] = {}
        self._instruments: dict[str, InstrumentDefinition] = {}
        self._orders: dict[bytes, CachedEvents] = {}
        self._positions: dict[bytes, CachedFills] = {}
        self._open: set[bytes] = set()
        self._turn = 0
        self._bad: dict[str, str] = {}

    def read(self, client: Redis, wanted_orders: WantedOrders) -> CacheState:
        self._bad = {}
        unread = [name for name in self.instrument_ids if text(name) not in self._instruments]
        accounts = sorted(self.account_ids)
        commands = [
            *(("SMEMBERS", self._prefix + index) for index in (*_OPEN_ORDERS, _POSITIONS)),
            *(("LINDEX", self._prefix + b"accounts:" + name, -1) for name in accounts),
            *(("GET", self._prefix + b"instruments:" + name) for name in unread),
        ]
        answers = iter(self._ask(client, commands))
        opened = set().union(*(self._members(next(answers)) for _ in _OPEN_ORDERS))
        positions = self._members(next(answers))
        self._take_accounts({name: next(answers) for name in accounts})
        self._take_instruments({name: next(answers) for name in unread})
        self._read_positions(client, positions)
        wanted = {name.encode() for name in wanted_orders(self.trader_id)}
        self._read_orders(client, opened, wanted)
        return self._state(opened)

    def _take_accounts(self, answers: Mapping[bytes, Any]) -> None:
        known, self._accounts = self._accounts, {}
        for name, payload in answers.items():
            if payload is None:
                continue
            same = known.get(name)
            if same is None or same[0] != payload:
                same = payload, self._decoded(b"accounts:" + name, "events.account.", payload, AccountState)
            if same[1] is not None and self._is_named(b"accounts:" + name, same[1].account_id, name):
                self._accounts[name] = same

    def _take_instruments(self, answers: Mapping[bytes, Any]) -> None:
        for name, payload in answers.items():
            if payload is None:
                continue
            item = self._decoded(b"instruments:" + name, "data.instrument.", payload, InstrumentDefinition)
            if item is None or not self._is_named(b"instruments:" + name, item.id, name):
                continue
            self._instruments[item.id] = item
            for fills in self._positions.values():
                fills.forget_unless_told(item.id)

    def _read_positions(self, client: Redis, names: set[bytes]) -> None:
        known = self._positions
        self._positions = {
            name: known.get(name) or CachedFills(self._prefix + b"positions:" + name, self._terms)
            for name in sorted(names)
        }
        flat = [fills for fills in self._positions.values() if fills.is_flat]
        if len(flat) <= _FLAT_A_READ:
            self._drain(client, self._positions.values())
            return
        # Thousands that ended, as hedging leaves them, are looked at in turns.
        self._turn = (self._turn + _FLAT_A_READ) % len(flat)
        resting = {id(fills) for fills in [*flat, *flat][self._turn + _FLAT_A_READ : self._turn + len(flat)]}
        self._drain(client, [fills for fills in self._positions.values() if id(fills) not in resting])

    def _read_orders(self, client: Redis, opened: set[bytes], wanted: set[bytes]) -> None:
        filled = {
            name.encode()
            for fills in self._positions.values()
            if fills.cycles and fills.cycles[-1].is_open
            for name in fills.cycles[-1].order_ids
        }
        # An order that is done does not change; one that has just ended has its end still to be read.
        moving = opened | wanted | self._open
        known, self._open = self._orders, opened
        self._orders = {
            name: known.get(name) or CachedEvents(self._prefix + b"orders:" + name, text(name))
            for name in sorted(opened | wanted | filled)
        }
        self._drain(client, [events for name, events in self._orders.items() if name in moving or name not in known])

    def _drain(self, client: Redis, lists: Iterable[CachedList]) -> None:
        """Read on until nothing is left of any."""
        waiting = list(lists)
        while waiting:
            answers = self._ask(client, [("LRANGE", one.key, *one.place) for one in waiting])
            waiting = [one for one, answer in zip(waiting, answers, strict=True) if one.take(answer)]

    def _state(self, opened: set[bytes]) -> CacheState:
        for one in (*self._orders.values(), *self._positions.values()):
            self._bad.update(list(one.bad.items())[: _KEPT_REASONS - len(self._bad)])
        return CacheState(
            trader_id=self.trader_id,
            instruments=dict(self._instruments),
            accounts={account.account_id: account for _, account in self._accounts.values()},
            open_order_ids=frozenset(map(text, opened)),
            orders={text(name): tuple(events.events) for name, events in self._orders.items() if events.events},
            positions={text(name): tuple(fills.cycles) for name, fills in self._positions.items() if fills.cycles},
            skipped=tuple(self._bad.items()),
        )

    def _terms(self, instrument_id: str) -> Terms | None:
        item = self._instruments.get(instrument_id)
        if item is None:
            return None
        try:
            multiplier = number(item.multiplier)
        except ValueError:
            return None
        return Terms(
            multiplier, item.is_inverse, (item.base_currency if item.is_inverse else item.quote_currency) or ""
        )

    def _ask(self, client: Redis, commands: list[tuple]) -> Iterator[Any]:
        for first in range(0, len(commands), _BATCH):
            with client.pipeline(transaction=False) as pipeline:
                for command in commands[first : first + _BATCH]:
                    pipeline.execute_command(*command)
                yield from pipeline.execute(raise_on_error=False)

    def _members(self, answer: Any) -> set[bytes]:
        if isinstance(answer, Exception):
            self._skip("index", explain_refusal(answer))
            return set()
        return set(filter(_is_text, answer))

    def _decoded(self, key: bytes, topic: str, payload: Any, record: type[Record]) -> Record | None:
        found = read_payload(topic, payload, record)
        if isinstance(found, record):
            return found
        self._skip(text(key), found)
        return None

    def _is_named(self, key: bytes, found: str, name: bytes) -> bool:
        if found == text(name):
            return True
        self._skip(text(key), f"it tells of {found[:100]!r}")
        return False

    def _skip(self, key: str, reason: str) -> None:
        if len(self._bad) < _KEPT_REASONS:
            self._bad[key] = reason


def _trader_of(key: bytes) -> str:
    return trader_id_of(key.decode()) if _is_text(key) else ""


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True

"""Listings: the directory of instruments by name, and what each source calls them."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from sqlalchemy import func, or_, select

from nautilus_data.core.listing import Listing
from nautilus_data.store.database import Database
from nautilus_data.store.tables import INSTRUMENT_ALIASES, LISTINGS

_NAMED = ("instrument_id", "name", "kind", "currency", "origin")


class Listings(Database):
    """An alias is one symbol of one source for one instrument."""

    def save_listings(self, listings: Iterable[Listing], keep: bool = False) -> None:
        """Add to the directory or change it; with `keep`, what is there stays as it is."""
        listings, now = list(listings), self._clock()
        rows = [{name: getattr(one, name) for name in _NAMED} | {"ts_updated": now} for one in listings]
        aliases = [
            {"instrument_id": one.instrument_id, "source": source, "symbol": symbol}
            for one in listings
            for source, symbol in one.aliases.items()
        ]
        for table, values in ((LISTINGS, rows), (INSTRUMENT_ALIASES, aliases)):
            if not values:
                continue
            new, key = self._dialect.insert(table), [column.name for column in table.primary_key]
            changed = {name: new.excluded[name] for name in table.columns.keys() if name not in key}  # noqa: SIM118
            upsert = new.on_conflict_do_nothing() if keep else new.on_conflict_do_update(
                index_elements=key, set_=changed
            )  # fmt: skip
            with self._writing() as connection:
                connection.execute(upsert, values)

    def save_alias(self, instrument_id: str, source: str, symbol: str) -> None:
        """What a source calls an instrument; an empty symbol forgets it."""
        new = self._dialect.insert(INSTRUMENT_ALIASES).values(instrument_id=instrument_id, source=source, symbol=symbol)
        mine = (INSTRUMENT_ALIASES.c.instrument_id == instrument_id, INSTRUMENT_ALIASES.c.source == source)
        with self._writing() as connection:
            if symbol:
                connection.execute(
                    new.on_conflict_do_update(index_elements=["instrument_id", "source"], set_={"symbol": symbol})
                )
            else:
                connection.execute(INSTRUMENT_ALIASES.delete().where(*mine))

    def aliases(self, source: str) -> dict[str, str]:
        """A source's symbols by instrument id."""
        columns = (INSTRUMENT_ALIASES.c.instrument_id, INSTRUMENT_ALIASES.c.symbol)
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(INSTRUMENT_ALIASES.c.source == source)).all()
        return dict(tuple(row) for row in rows)

    def listings(self, text: str = "", kind: str = "", limit: int = 1_000) -> list[Listing]:
        """Lines whose id, name or a source's symbol holds a text, in order of id."""
        like = f"%{_escaped(text.lower())}%"
        named = select(INSTRUMENT_ALIASES.c.instrument_id).where(
            func.lower(INSTRUMENT_ALIASES.c.symbol).like(like, escape="\\")
        )
        which = [
            or_(
                func.lower(LISTINGS.c.instrument_id).like(like, escape="\\"),
                func.lower(LISTINGS.c.name).like(like, escape="\\"),
                LISTINGS.c.instrument_id.in_(named),
            ),
            *([LISTINGS.c.kind == kind] if kind else []),
        ]
        columns = [LISTINGS.c[name] for name in _NAMED]
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(*which).order_by(LISTINGS.c.instrument_id).limit(limit))
            found = [row._mapping for row in rows]
            ids = [row["instrument_id"] for row in found]
            known = connection.execute(
                select(INSTRUMENT_ALIASES).where(INSTRUMENT_ALIASES.c.instrument_id.in_(ids))
            ).all()
        symbols: dict[str, dict[str, str]] = {}
        for instrument_id, source, symbol in known:
            symbols.setdefault(instrument_id, {})[source] = symbol
        return [Listing(**row, aliases=MappingProxyType(symbols.get(row["instrument_id"], {}))) for row in found]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")

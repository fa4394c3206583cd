"""Instruments: the directory — search by name or symbol, aliases, and what sources find."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from nautilus_data.core.instrument import split_instrument_id
from nautilus_data.core.listing import PREDEFINED, Listing
from nautilus_data.core.macro_series import NAMESPACE
from nautilus_data.errors import SkippableError
from nautilus_data.sources import Source
from nautilus_data.store import Store

# Words of the directory for NautilusTrader's classes.
_KINDS = MappingProxyType(
    {
        "Equity": "stock",
        "CurrencyPair": "FX",
        "FuturesContract": "future",
        "IndexInstrument": "index",
        "Cfd": "CFD",
    }
)
_COLUMNS = ("instrument_id", "name", "kind", "currency", "origin", "aliases")


class Instruments:
    """What is stored, what sources know without asking, and what they were asked to find."""

    def __init__(self, store: Store, sources: Mapping[str, Source]) -> None:
        self._store, self._sources = store, sources
        self._is_seeded = False

    def search(self, text: str = "", kind: str = "", limit: int = 30) -> pd.DataFrame:
        """Lines whose id, name or symbol fits, the best first: the id or symbol itself, then what begins with it.

        `aliases` is a dict of each source's symbol.
        """
        found = self._all(text, kind)
        found.sort(key=lambda one: (_rank(one, text.lower()), one.instrument_id))
        rows = [(one.instrument_id, one.name, one.kind, one.currency, one.origin, dict(one.aliases)) for one in found]
        return pd.DataFrame(rows[:limit], columns=_COLUMNS)

    def resolve(self, text: str, source: str = "") -> str:
        """The one instrument a text means: an id as it is, or the only one with such a symbol.

        Of a source of observations it means a line: `unrate` is UNRATE.FRED.
        SkippableError lists the candidates when there are several, and says how to search when there is none.
        """
        text = text.strip()
        if text and source in self._sources and self._sources[source].spec.dataset != "bars":
            return text.upper() if "." in text else f"{text.upper()}.{NAMESPACE}"
        known = [one.instrument_id for one in self._all(text, "") if _rank(one, text.lower()) == 0]
        if len(known) == 1:
            return known[0]
        if known:
            raise SkippableError(f"{text} may be {' or '.join(sorted(known))}: write which")
        try:
            split_instrument_id(text)
        except ValueError:
            raise SkippableError(
                f"no instrument is called {text!r}: write SYMBOL.VENUE, as in AAPL.NASDAQ, or look for it with"
                " python -m nautilus_data instruments search"
            ) from None
        return text

    async def find(self, text: str, source: str, limit: int = 10) -> pd.DataFrame:
        """Ask a source for instruments and keep what it finds in the directory, with its symbols as aliases."""
        if source not in self._sources:
            raise SkippableError(f"no source is called {source!r}; there are: {', '.join(self._sources)}")
        found = [
            Listing(
                instrument_id=one.instrument_id, name=one.name, kind=_KINDS.get(one.kind, one.kind),
                currency=one.currency, origin=source, aliases=MappingProxyType({source: one.symbol}),
            )
            for one in await self._sources[source].search(text, limit)
            if one.instrument_id
        ]  # fmt: skip
        self._seed()
        predefined = {one.instrument_id for one in PREDEFINED}
        self._store.save_listings(one for one in found if one.instrument_id not in predefined)
        rows = [(one.instrument_id, one.name, one.kind, one.currency, one.origin, dict(one.aliases)) for one in found]
        return pd.DataFrame(rows, columns=_COLUMNS)

    def set_alias(self, instrument_id: str, source: str, symbol: str) -> None:
        """What a source calls an instrument; an empty symbol forgets it."""
        split_instrument_id(instrument_id)
        self._store.save_alias(instrument_id, source, symbol.strip())

    def aliases(self, source: str) -> dict[str, str]:
        """A source's symbols by instrument id."""
        self._seed()
        return self._store.aliases(source)

    def _all(self, text: str, kind: str) -> list[Listing]:
        self._seed()
        found = {one.instrument_id: one for one in self._store.listings(text, kind)}
        for source in self._sources.values():
            for known in source.instruments():
                word = _KINDS.get(known.type, known.type)
                is_wanted = text.lower() in known.instrument_id.lower() and kind in ("", word)
                if is_wanted and known.instrument_id not in found:
                    found[known.instrument_id] = Listing(
                        instrument_id=known.instrument_id, name=known.raw_symbol, kind=word,
                        currency=known.quote_currency, origin=source.spec.name,
                    )  # fmt: skip
        return list(found.values())

    def _seed(self) -> None:
        if not self._is_seeded:
            self._store.save_listings(PREDEFINED, keep=True)
            self._is_seeded = True


def _rank(one: Listing, text: str) -> int:
    """0: it is the id or a symbol; 1: one begins so; 2: the name does; 3: it is somewhere in it."""
    names = {one.instrument_id.lower(), one.instrument_id.rpartition(".")[0].lower()}
    names |= {symbol.lower() for symbol in one.aliases.values()}
    if text in names:
        return 0
    if any(name.startswith(text) for name in names):
        return 1
    return 2 if one.name.lower().startswith(text) else 3

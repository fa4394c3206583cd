"""Fitting: with how many decimals an instrument's bars are written, so that every price stays what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nautilus_data.core.instrument import Instrument
from nautilus_data.engine import BARS, CatalogFolder
from nautilus_data.errors import SkippableError
from nautilus_data.services.catalog.definitions import Definitions
from nautilus_data.services.catalog.line import Line
from nautilus_data.services.catalog.order import Decimals

_PRICES = ("open", "high", "low", "close")
# NautilusTrader trades equities in whole shares.
_WHOLE = "Equity"


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What it takes to write a line exactly; `size` None: no number of decimals does."""

    price: int = 0
    size: int | None = 0
    volume: float = 0.0


class Fitting:
    """The instruments of one catalog, and what may be written under them."""

    def __init__(self, folder: CatalogFolder, definitions: Definitions, decimals: Decimals) -> None:
        # The optional nautilus_trader, a second to import.
        from nautilus_data.engine import catalog, catalog_instruments, fixed_point

        self._catalog, self._shapes, self._numbers = catalog, catalog_instruments, fixed_point
        self._folder, self._definitions, self._wanted = folder, definitions, decimals
        self._instruments = catalog_instruments.CatalogInstruments(folder)

    def measure(self, line: Line, keep: bool = False) -> Needs:
        """Look at every bar of a line; with `keep` it need not be read again to be written."""
        price, size, volume = 0, 0, 0.0
        for rows in line.parts(keep):
            volumes = rows["volume"].to_numpy()
            for name in _PRICES:
                price = self._numbers.price_decimals(rows[name].to_numpy(), price)
            needed = self._numbers.volume_decimals(volumes)
            size = None if size is None or needed is None else max(size, needed)
            volume = max(volume, float(np.nanmax(volumes, initial=0.0)))
        return Needs(price=price, size=size, volume=volume)

    def settle(self, name: str, needs: Mapping[Line, Needs]) -> tuple[Any, dict[Line, str]]:
        """The decimals of an instrument, which is in the catalog afterwards, and why lines can't be written with them.

        SkippableError when too little is known of the instrument.
        """
        there = self._instruments.find(name)
        if there is not None and not self._may_raise(name, there, needs):
            return there, self._misfits(there, needs)
        instrument = self._instrument(name, needs.values())
        decimals = self._shapes.Decimals(price=instrument.price_precision, size=instrument.size_precision)
        misfits = self._misfits(decimals, needs)
        self._shapes.make(instrument)
        if len(misfits) < len(needs):
            self._instruments.save(instrument)
        return decimals, misfits

    def _may_raise(self, name: str, there: Any, needs: Mapping[Line, Needs]) -> bool:
        """May an instrument of ours be written anew with more decimals? Nothing else may be written under it."""
        if self._wanted is not Decimals.DATA or not there.is_ours:
            return False
        due = {line.shelf.identifier for line in needs}
        others = [one for one in self._folder.shelves(BARS) if one.identifier.startswith(f"{name.replace('/', '')}-")]
        return max(one.price for one in needs.values()) > there.price and due >= {one.identifier for one in others}

    def _instrument(self, name: str, needs: Iterable[Needs]) -> Instrument:
        known = self._definitions.find(name)
        if known is None:
            raise SkippableError(
                f"nothing is known of {name}: look it up with python -m nautilus_data instruments search --source, or"
                " write the instrument into the catalog with NautilusTrader (catalog.write_data), then export again"
            )
        if known.is_told and self._wanted is Decimals.INSTRUMENT:
            return known.instrument
        needs = list(needs)
        size = 0 if known.instrument.type == _WHOLE else max(one.size or 0 for one in needs)
        return self._shapes.with_decimals(known.instrument, max(one.price for one in needs), size)

    def _misfits(self, decimals: Any, needs: Mapping[Line, Needs]) -> dict[Line, str]:
        reasons = {line: self._misfit(decimals, one) for line, one in needs.items()}
        return {line: reason for line, reason in reasons.items() if reason}

    def _misfit(self, decimals: Any, needs: Needs) -> str:
        if needs.price > decimals.price:
            return (
                f"its prices have up to {needs.price} decimals, the instrument has {decimals.price}: export raw prices,"
                " or with --decimals data into a folder of its own, where the instrument gets as many"
            )
        if needs.size is None or needs.size > decimals.size:
            told = "more than 9" if needs.size is None else needs.size
            return f"its volumes have {told} decimals, sizes of the instrument have {decimals.size}"
        if needs.volume > self._catalog.MAX_VOLUME:
            return f"its volumes go up to {needs.volume:.0f}, NautilusTrader's to {self._catalog.MAX_VOLUME:.0f}"
        return ""

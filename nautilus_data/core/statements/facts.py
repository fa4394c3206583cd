"""Facts: what filings said of a company, every version of each value, in the order they became known."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from nautilus_data.core.research_datasets import FACTS
from nautilus_data.core.statements.change import change
from nautilus_data.core.statements.splits import Split, splits_of

_RESTATEMENT = ("tag", "unit", "ts_start", "ts_event", "ts_init", "accession", "form", "value")


class Facts:
    """Rows of FACTS as arrays, ordered by when they could be known; rows without a value are left out.

    `tags` are `taxonomy:tag`; `starts` (0: at one moment), `ends` and `known` are int64 ns; `texts` as filed.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        frame = frame[frame["value"].to_numpy() != ""]
        # Two filings of one moment: the later accession of a filer's agent is the later word.
        order = np.lexsort((_codes(frame["accession"]), frame["filed"].to_numpy(), frame["ts_init"].to_numpy()))
        frame = frame.iloc[order].reset_index(drop=True)
        self.frame = frame
        self.starts, self.ends, self.known_at = (
            frame[name].to_numpy("int64") for name in ("ts_start", "ts_event", "ts_init")
        )
        names = (frame["taxonomy"] + ":" + frame["tag"]) if len(frame) else frame["tag"]
        self._tag_codes, tags = pd.factorize(names)
        self._unit_codes, units = pd.factorize(frame["unit"])
        self.tags, self.units = [str(tag) for tag in tags], [str(unit) for unit in units]

    @classmethod
    def nothing(cls) -> Facts:
        return cls(FACTS.empty())

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def texts(self) -> list[str]:
        return self.frame["value"].tolist()

    @cached_property
    def accessions(self) -> list[str]:
        return self.frame["accession"].tolist()

    @cached_property
    def forms(self) -> list[str]:
        return self.frame["form"].tolist()

    @cached_property
    def numbers(self) -> np.ndarray:
        """As float64, for statistics."""
        return self.frame["value"].to_numpy().astype("float64")

    @cached_property
    def splits(self) -> tuple[Split, ...]:
        """Splits of the shares, as restated values per share and numbers of shares tell; each since it was known."""
        return splits_of(self)

    def count(self, as_of: int) -> int:
        """How many rows were known at a time: the first so many."""
        return int(np.searchsorted(self.known_at, as_of, side="right"))

    def value(self, place: int) -> Decimal:
        """Exact; a ValueError says which row holds no number."""
        try:
            return Decimal(self.texts[place])
        except InvalidOperation:
            tag, text = self.tags[self._tag_codes[place]], self.texts[place]
            raise ValueError(f"facts: the value {text!r} of {tag} is not a decimal; fetch the facts again") from None

    def until(self, as_of: int) -> Facts:
        """Every version known at a time."""
        return Facts(self.frame.iloc[: self.count(as_of)])

    def known(self, as_of: int) -> Facts:
        """Of each (tag, unit, start, end) the version with the greatest ts_init up to a time."""
        count = self.count(as_of)
        groups = self._groups[:count]
        last = np.zeros(int(groups.max()) + 1 if count else 0, "int64")
        last[groups] = np.arange(count)
        return Facts(self.frame.iloc[np.sort(last[np.unique(groups)])])

    def restatements(self, as_of: int) -> pd.DataFrame:
        """Each time a value was said differently than before: when, where, from what, to what, by how much.

        Values are Decimals; the reason is `restated`, or `rounded` or `split` where it is nothing but that.
        """
        count = self.count(as_of)
        by_group = np.argsort(self._groups[:count], kind="stable")
        rows = [
            self._restatement(int(before), int(after))
            for before, after in pairwise(by_group)
            if self._groups[before] == self._groups[after] and self.texts[before] != self.texts[after]
        ]
        changed = [row for row in rows if row["difference"]]
        columns = (*_RESTATEMENT, "before", "before_accession", "before_ts_init", "difference", "reason")
        return pd.DataFrame(changed, columns=columns).sort_values("ts_init", kind="stable").reset_index(drop=True)

    def places(self, tag: str) -> np.ndarray:
        """The rows of a tag, in the order they became known."""
        return self._places.get(tag, np.empty(0, "int64"))

    def unit(self, place: int) -> str:
        return self.units[self._unit_codes[place]]

    def currency(self, as_of: int) -> str:
        """The currency most values known at a time are in; '' when none is."""
        counts = np.bincount(self._unit_codes[: self.count(as_of)], minlength=len(self.units)).tolist()
        told = [(unit, count) for unit, count in zip(self.units, counts, strict=True) if count]
        money = [one for one in told if _is_currency(one[0])]
        per_share = [(unit[:3], count) for unit, count in told if unit.endswith("/shares") and _is_currency(unit[:-7])]
        return max(money or per_share, key=lambda one: (one[1], one[0] == "USD", one[0]), default=("", 0))[0]

    def _restatement(self, before: int, after: int) -> dict[str, object]:
        old, new = self.value(before), self.value(after)
        row = self.frame.iloc[after]
        known = (int(self.known_at[before]), int(self.known_at[after]))
        unit = self.unit(after)
        return {
            "tag": self.tags[self._tag_codes[after]], "unit": unit, "ts_start": row["ts_start"],
            "ts_event": row["ts_event"], "ts_init": row["ts_init"], "accession": row["accession"], "form": row["form"],
            "value": new, "before": old, "before_accession": self.accessions[before], "before_ts_init": known[0],
            "difference": new - old,
            "reason": change(unit, old, new, known, self.splits),
        }  # fmt: skip

    @cached_property
    def _groups(self) -> np.ndarray:
        """A number for each (tag, unit, start, end)."""
        keys = np.stack([self._tag_codes, self._unit_codes, self.starts, self.ends], axis=1)
        if not len(keys):
            return np.empty(0, "int64")
        order = np.lexsort(keys.T)
        is_new = np.append(True, (keys[order][1:] != keys[order][:-1]).any(axis=1))
        groups = np.empty(len(keys), "int64")
        groups[order] = np.cumsum(is_new) - 1
        return groups

    @cached_property
    def _places(self) -> dict[str, np.ndarray]:
        order = np.argsort(self._tag_codes, kind="stable")
        bounds = np.searchsorted(self._tag_codes[order], np.arange(len(self.tags) + 1))
        return {tag: order[bounds[code] : bounds[code + 1]] for code, tag in enumerate(self.tags)}


def _is_currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isalpha() and unit.isupper()


def _codes(texts: pd.Series) -> np.ndarray:
    return pd.factorize(texts, sort=True)[0]

"""Matching: which companies a text means, by ticker, CIK or name, also where it is typed wrong."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

_CIK = re.compile(r"(?:CIK)?0*([1-9][0-9]{0,9})(?:\.SEC)?", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9&]+")
# What firms are called besides their name: they tell companies apart hardly at all.
_FORM_OF_FIRM = frozenset(
    {"inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "plc", "llc", "lp", "sa", "nv",
     "ag", "se", "the", "group", "holdings", "holding", "trust", "de", "new", "com"}
)  # fmt: skip
_EXACT, _CLASS, _PREFIX, _NAMED = 400.0, 380.0, 300.0, 100.0
_CLOSEST, _MOST_WORDS, _LONGEST = 0.62, 12, 100
# Of a name: how much each word that was not asked for takes away, and that it is one of former times.
_PER_WORD, _FORMER, _UNLISTED = 0.6, 4.0, 1.0


@dataclass(frozen=True)
class Known:
    """A company as the list has it."""

    cik: str
    name: str
    tickers: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A company a text may mean; `why` says by what: ticker, CIK, name, former name."""

    company: Known
    score: float
    why: str


class Index:
    """All companies, made ready to be searched; it does not change."""

    def __init__(self, companies: Iterable[Known]) -> None:
        self.companies = list(companies)
        self._by_cik = {one.cik: place for place, one in enumerate(self.companies)}
        pairs = sorted((ticker, place) for place, one in enumerate(self.companies) for ticker in one.tickers)
        self._tickers = [ticker for ticker, _ in pairs]
        self._of_ticker = [place for _, place in pairs]
        named = [(place, name, False) for place, one in enumerate(self.companies) for name in [one.name]]
        named += [(place, name, True) for place, one in enumerate(self.companies) for name in one.former_names]
        self._places = np.array([place for place, _, _ in named], "int64")
        self._is_former = np.array([is_former for _, _, is_former in named], bool)
        words = [_words(name)[:_MOST_WORDS] for _, name, _ in named]
        self._vocabulary = sorted({word for each in words for word in each})
        self._matrix, self._counts = _numbered(words, self._vocabulary)
        self._is_listed = np.array([bool(one.tickers) for one in self.companies], bool)

    def __len__(self) -> int:
        return len(self.companies)

    def of_cik(self, text: str) -> Known | None:
        """The company of a CIK, written with zeros or without, with CIK before it or not."""
        found = _CIK.fullmatch(text.strip())
        place = self._by_cik.get(found.group(1).zfill(10)) if found else None
        return None if place is None else self.companies[place]

    def of_ticker(self, text: str) -> Known | None:
        """The company of a ticker; classes of shares may be written BRK.B, BRK-B or BRK B."""
        ticker = spelled(text)
        at = bisect_left(self._tickers, ticker)
        is_there = bool(ticker) and at < len(self._tickers) and self._tickers[at] == ticker
        return self.companies[self._of_ticker[at]] if is_there else None

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """The best first: a ticker that is it, a CIK, a ticker or a name that begins so, names that are like it."""
        text = text.strip()[:_LONGEST]
        if not text or not self.companies:
            return []
        best: dict[int, Hit] = {}
        if (company := self.of_cik(text)) is not None:
            best[self._by_cik[company.cik]] = Hit(company, _EXACT, "CIK")
        for place, score in self._by_ticker(spelled(text)):
            _keep(best, place, Hit(self.companies[place], score, "ticker"))
        self._by_name(text, best, limit)
        hits = sorted(best.values(), key=lambda hit: (-hit.score, len(hit.company.name), hit.company.name))
        return hits[:limit]

    def _by_ticker(self, ticker: str) -> Iterable[tuple[int, float]]:
        at = bisect_left(self._tickers, ticker) if ticker else len(self._tickers)
        while at < len(self._tickers) and self._tickers[at].startswith(ticker):
            rest = self._tickers[at][len(ticker) :]
            score = _EXACT if not rest else _CLASS if rest.startswith("-") else _PREFIX - len(rest)
            yield self._of_ticker[at], score
            at += 1

    def _by_name(self, text: str, best: dict[int, Hit], limit: int) -> None:
        asked = _words(text)[:_MOST_WORDS]
        if not asked or not len(self._places):
            return
        weights = np.array([len(word) for word in asked], "float64")
        per_word = np.stack([self._likeness(word)[self._matrix].max(axis=1) for word in asked])
        # One word that is like nothing in a name is another name.
        is_like = (per_word > 0).all(axis=0)
        scores = _NAMED * (weights @ per_word) / weights.sum()
        scores -= _PER_WORD * np.maximum(self._counts - len(asked), 0) + _FORMER * self._is_former
        scores -= _UNLISTED * ~self._is_listed[self._places]
        scores[~is_like] = 0
        for at in _largest(scores, 3 * limit):
            place, why = int(self._places[at]), "former name" if self._is_former[at] else "name"
            _keep(best, place, Hit(self.companies[place], float(scores[at]), why))

    def _likeness(self, word: str) -> np.ndarray:
        """How like each word of the vocabulary is, 0 to 1; the last is of no word."""
        found = np.zeros(len(self._vocabulary) + 1)
        if len(word) > 2:
            found[:-1] = process.cdist(
                [word], self._vocabulary, scorer=OSA.normalized_similarity, score_cutoff=_CLOSEST, dtype=np.float32
            )[0]
            # Likeness alone never reaches what begins so.
            found *= 0.9
        first = bisect_left(self._vocabulary, word)
        last = bisect_left(self._vocabulary, f"{word}\uffff")
        lengths = np.array([len(one) for one in self._vocabulary[first:last]], "float64")
        found[first:last] = np.maximum(found[first:last], 0.9 + 0.1 * len(word) / np.maximum(lengths, 1))
        return found


def spelled(ticker: str) -> str:
    """As EDGAR writes it: BRK-B."""
    return re.sub(r"[./ ]", "-", ticker.strip().upper().lstrip("$"))


def _words(name: str) -> list[str]:
    """Of a name in small letters, without those all firms have; all of them where it has no other."""
    words = _WORD.findall(name.casefold().replace("'", "").partition("/")[0].replace(".", ""))
    return [word for word in words if word not in _FORM_OF_FIRM] or words


def _numbered(words: Sequence[Sequence[str]], vocabulary: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Each name's words by their number, filled up with that of no word; and how many there are."""
    number = {word: place for place, word in enumerate(vocabulary)}
    widest = max(map(len, words), default=1) or 1
    matrix = np.full((len(words), widest), len(vocabulary), "int64")
    for place, each in enumerate(words):
        matrix[place, : len(each)] = [number[word] for word in each]
    return matrix, np.array([len(each) for each in words], "int64")


def _largest(scores: np.ndarray, count: int) -> list[int]:
    there = np.flatnonzero(scores > 0)
    if len(there) > count:
        there = there[np.argpartition(-scores[there], count)[:count]]
    return there.tolist()


def _keep(best: dict[int, Hit], place: int, hit: Hit) -> None:
    if place not in best or hit.score > best[place].score:
        best[place] = hit

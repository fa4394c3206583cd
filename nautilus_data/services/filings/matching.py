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
_EXACT, _CLASS, _PREFIX, _NAMED, _LEAST = 400.0, 380.0, 300.0, 100.0, 50.0
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
        self._counts = np.array([len(each) for each in words], "int64")
        self._vocabulary = sorted({word for each in words for word in each})
        self._lengths = np.array([len(word) for word in self._vocabulary], "int64")
        self._firsts, self._names = _inverted(words, self._vocabulary)
        # By how many letters: the beginnings of all words, and which of them each word has.
        self._beginnings: dict[int, tuple[list[str], np.ndarray]] = {}
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
        for place, score in sorted(self._by_ticker(spelled(text)), key=lambda one: -one[1])[: 2 * limit]:
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
        per_word = np.stack([self._by_word(word, is_last=word is asked[-1]) for word in asked])
        scores = _NAMED * (weights @ per_word) / weights.sum()
        scores -= _PER_WORD * np.maximum(self._counts - len(asked), 0) + _FORMER * self._is_former
        scores -= _UNLISTED * ~self._is_listed[self._places]
        # A word may be like nothing, as the beginning of `Corp` is; most of what was asked for may not.
        scores[scores < _LEAST] = 0
        for at in _largest(scores, 3 * limit):
            place, why = int(self._places[at]), "former name" if self._is_former[at] else "name"
            _keep(best, place, Hit(self.companies[place], float(scores[at]), why))

    def _by_word(self, word: str, is_last: bool) -> np.ndarray:
        """How like the word of each name is that is most like it, 0 to 1."""
        found = np.zeros(len(self._places))
        likeness = self._likeness(word, is_last)
        for number in np.flatnonzero(likeness).tolist():
            names = self._names[self._firsts[number] : self._firsts[number + 1]]
            found[names] = np.maximum(found[names], likeness[number])
        return found

    def _likeness(self, word: str, is_last: bool) -> np.ndarray:
        """How like each word of the vocabulary is, 0 to 1; the last word asked for may not be written to its end."""
        found = np.zeros(len(self._vocabulary))
        if len(word) > 2:
            # Likeness alone never reaches what begins so.
            found = 0.9 * _likenesses(word, self._vocabulary)
        if is_last and len(word) > 3:
            beginnings, of_word = self._begin(len(word))
            found = np.maximum(found, 0.85 * _likenesses(word, beginnings)[of_word])
        first = bisect_left(self._vocabulary, word)
        last = bisect_left(self._vocabulary, f"{word}\uffff")
        found[first:last] = np.maximum(found[first:last], 0.9 + 0.1 * len(word) / self._lengths[first:last])
        return found

    def _begin(self, letters: int) -> tuple[list[str], np.ndarray]:
        if letters not in self._beginnings:
            cut = [word[:letters] for word in self._vocabulary]
            beginnings = list(dict.fromkeys(cut))
            place = {one: number for number, one in enumerate(beginnings)}
            self._beginnings[letters] = beginnings, np.array([place[one] for one in cut], "int64")
        return self._beginnings[letters]


def spelled(ticker: str) -> str:
    """As EDGAR writes it: BRK-B."""
    return re.sub(r"[./ ]", "-", ticker.strip().upper().lstrip("$"))


def _words(name: str) -> list[str]:
    """Of a name in small letters, without those all firms have; all of them where it has no other."""
    words = _WORD.findall(name.casefold().replace("'", "").partition("/")[0].replace(".", ""))
    return [word for word in words if word not in _FORM_OF_FIRM] or words


def _likenesses(word: str, others: list[str]) -> np.ndarray:
    return process.cdist(
        [word], others, scorer=OSA.normalized_similarity, score_cutoff=_CLOSEST, dtype=np.float32
    )[0].astype("float64")  # fmt: skip


def _inverted(words: Sequence[Sequence[str]], vocabulary: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Of each word of the vocabulary where its names begin in the second array; and the names, word by word."""
    number = {word: place for place, word in enumerate(vocabulary)}
    pairs = np.array([(number[word], place) for place, each in enumerate(words) for word in each], "int64")
    pairs = pairs.reshape(-1, 2)[np.argsort(pairs.reshape(-1, 2)[:, 0], kind="stable")]
    return np.searchsorted(pairs[:, 0], np.arange(len(vocabulary) + 1)), pairs[:, 1]


def _largest(scores: np.ndarray, count: int) -> list[int]:
    there = np.flatnonzero(scores > 0)
    if len(there) > count:
        there = there[np.argpartition(-scores[there], count)[:count]]
    return there.tolist()


def _keep(best: dict[int, Hit], place: int, hit: Hit) -> None:
    if place not in best or hit.score > best[place].score:
        best[place] = hit

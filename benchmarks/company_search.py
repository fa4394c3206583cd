"""Search over as many companies as the SEC lists: milliseconds a question as one types, with and without typing errors.

Run: python -m benchmarks.company_search [--companies 10000] [--questions 2000] [--list company_tickers.json]. Names are
made at random, or are those of a list as the SEC tells it. Beside it stands rapidfuzz alone, asked for the same text
over the same names (process.extract, WRatio): without tickers, numbers, words that only begin so, or former names.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from nautilus_data.services.filings.matching import Index, Known

_ENDS = ("Inc.", "CORP", "Ltd", "Holdings, Inc.", "PLC", "Group Inc", "Trust", "& Co", "Bancorp", "Therapeutics, Inc.")
_PARTS = ("al", "be", "co", "da", "el", "fin", "gen", "hal", "in", "jo", "ka", "lum", "mer", "nov", "or", "pa", "qu",
          "ra", "sol", "tec", "ur", "ver", "wi", "xy", "zen")  # fmt: skip
_LIMIT_MS = 20.0


def made_up(count: int, dice: random.Random) -> list[Known]:
    names = ["".join(dice.choices(_PARTS, k=dice.randint(2, 4))).capitalize() for _ in range(count // 2)]
    return [
        Known(
            f"{number:010d}", f"{dice.choice(names)} {dice.choice(names)} {dice.choice(_ENDS)}",
            ("".join(dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=dice.randint(1, 5))),), ("NYSE",),
            (f"{dice.choice(names)} {dice.choice(_ENDS)}",) if dice.random() < 0.2 else (),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip


def listed(path: Path) -> list[Known]:
    found: dict[str, tuple[str, list[str]]] = {}
    for row in json.loads(path.read_bytes()).values():
        found.setdefault(f"{row['cik_str']:010d}", (row["title"], []))[1].append(row["ticker"])
    return [Known(cik, name, tuple(tickers)) for cik, (name, tickers) in found.items()]


def questions(companies: list[Known], count: int, dice: random.Random) -> list[tuple[str, str]]:
    """Text and the CIK that is meant: beginnings of names, every second one with two letters changed about."""
    asked = []
    for number in range(count):
        company = dice.choice(companies)
        text = company.name[: dice.randint(1, 25)]
        if number % 2 and len(text) > 5:
            at = dice.randrange(len(text) - 1)
            text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        asked.append((text, company.cik))
    return asked


def timed(ask: Callable[[str], object], texts: list[str]) -> np.ndarray:
    took = []
    for text in texts:
        started = time.perf_counter()
        ask(text)
        took.append(1e3 * (time.perf_counter() - started))
    return np.array(took)


def found_share(index: Index, asked: list[tuple[str, str]]) -> float:
    """Of questions of more than eight letters, how many have the company meant among the first eight."""
    long = [(text, cik) for text, cik in asked if len(text) > 8]
    return statistics.mean(cik in {hit.company.cik for hit in index.search(text, 8)} for text, cik in long)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=2_000)
    parser.add_argument("--list", type=Path)
    given = parser.parse_args()
    dice = random.Random(7)
    companies = listed(given.list) if given.list else made_up(given.companies, dice)
    started = time.perf_counter()
    index = Index(companies)
    print(f"{len(index):,} companies made ready in {1e3 * (time.perf_counter() - started):.0f} ms")
    asked = questions(companies, given.questions, dice)
    texts = [text for text, _ in asked]
    ours = timed(lambda text: index.search(text, 8), texts)
    names = [company.name for company in companies]
    bare = timed(lambda text: process.extract(text, names, scorer=fuzz.WRatio, limit=8), texts[:200])
    p50, p99 = np.percentile(ours, (50, 99))
    print(f"search: median {p50:.1f} ms, p99 {p99:.1f} ms, worst {ours.max():.1f} ms; at most {_LIMIT_MS:.0f} wanted")
    print(f"rapidfuzz alone: median {np.median(bare):.1f} ms, p99 {np.percentile(bare, 99):.1f} ms;"
          f" {np.median(bare) / p50:.1f} times ours")  # fmt: skip
    print(f"the company meant is among the first eight: {100 * found_share(index, asked):.1f} % of longer texts")


if __name__ == "__main__":
    main()

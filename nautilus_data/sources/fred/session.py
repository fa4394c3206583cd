"""Session: fredapi, whose requests go the way those of every HTTP source go."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qsl

import fredapi
import pandas as pd

from nautilus_data.errors import RetryableError
from nautilus_data.sources.fred.document import is_told_apart, judged, problem, raise_refusal, read
from nautilus_data.sources.fred.refusal import TooManyRowsError
from nautilus_data.sources.fred.window import Row
from nautilus_data.transport import Access, Meter
from nautilus_data.transport.http import Http, Key

_API = "https://api.stlouisfed.org/fred"
# What fredapi appends to an address of its own making; the real key is put in on the wire.
_NO_KEY = "put-in-on-the-wire"


class FredApi:
    """FRED's answers; it blocks, so an event loop calls it in a thread."""

    def __init__(self, access: Access, meter: Meter) -> None:
        self._title = meter.title
        self._address = (access.base_url or _API).rstrip("/")
        self._http = Http(
            access, meter, base_url=_API, key=Key("api_key", access.api_key), check=problem, is_fine=is_told_apart,
            judge=judged,
        )  # fmt: skip

    def close(self) -> None:
        self._http.close()

    def info(self, series_id: str) -> dict[str, str]:
        """What FRED says about a series."""
        with reading(self._title):
            return {str(name): str(value) for name, value in self._client().get_series_info(series_id).items()}

    def release(self, series_id: str) -> tuple[str, str]:
        """Id and name of the release a series comes with; two empty texts where it has none."""
        root = self._client().fetched("series/release", series_id=series_id)
        first = next(iter(root), None)
        return ("", "") if first is None else (first.get("id", ""), first.get("name", ""))

    def first_vintage(self, series_id: str) -> str:
        """The day FRED's archive of a series begins with; NotArchivedError where it keeps none."""
        with reading(self._title):
            days = self._client(limit="1").get_series_vintage_dates(series_id)
            return f"{days[0]:%Y-%m-%d}" if days else ""

    def observations(self, series_id: str, most_rows: int | None = None, **params: str) -> tuple[tuple[Row, ...], str]:
        """Rows as they are written, and the last day the answer is about.

        TooManyRowsError before the rest is asked for when there are more than `most_rows`.

        fredapi's own reading leaves out until when a value stood, and one bad value loses it the whole answer.
        """
        root = self._client(most_rows=most_rows).fetched("series/observations", series_id=series_id, **params)
        names = ("realtime_start", "realtime_end", "date", "value")
        rows = tuple(tuple(child.get(name, "") for name in names) for child in root)
        return rows, root.get("realtime_end", "")

    def release_dates(self, release_id: str, limit: int) -> tuple[str, ...]:
        """The last days of a release, those to come first."""
        root = self._client(limit=str(limit)).fetched(
            "release/dates", release_id=release_id, include_release_dates_with_no_data="true", sort_order="desc"
        )
        return tuple((child.text or "").strip() for child in root)

    def search(self, text: str, limit: int) -> pd.DataFrame:
        """Series that fit a text, the best first; of no rows when there is none."""
        with reading(self._title):
            found = self._client(limit=str(limit)).search(text, limit=limit)
            return pd.DataFrame() if found is None else found

    def _client(self, most_rows: int | None = None, **params: str) -> _Client:
        return _Client(self._http, self._title, self._address, params, most_rows)


class _Client(fredapi.Fred):
    """fredapi over our own client: nothing is read from the environment, no opener is installed.

    `params` go with each request; where none of them says how many rows are wanted, all pages are asked for.
    """

    def __init__(
        self, http: Http, title: str, address: str, params: Mapping[str, str], most_rows: int | None = None
    ) -> None:
        # Not its own constructor: that one looks for proxies, and changes how the whole process asks.
        self.api_key, self.proxies, self.root_url = _NO_KEY, None, address
        self._http, self._title, self._params, self._most_rows = http, title, params, most_rows

    def fetched(self, path: str, **params: str) -> ET.Element:
        """A document by its path."""
        return self._whole(f"{self.root_url}/{path}", {**params, **self._params})

    def _Fred__fetch_data(self, url: str) -> ET.Element:
        """The one place where fredapi reaches for the network."""
        path, _, query = url.partition("?")
        return self._whole(path, {**dict(parse_qsl(query)), **self._params})

    def _whole(self, url: str, params: Mapping[str, str]) -> ET.Element:
        root = self._page(url, params)
        if "limit" in params:
            return root
        total = _number(root.get("count"))
        if self._most_rows is not None and total > self._most_rows:
            raise TooManyRowsError(f"{self._title} has {total} rows")
        while len(root) < total:
            more = self._page(url, {**params, "offset": str(len(root))})
            if not len(more):
                raise RetryableError(f"{self._title}: the answer ends after {len(root)} of {total} rows")
            root.extend(more)
        return root

    def _page(self, url: str, params: Mapping[str, str]) -> ET.Element:
        root = read(self._http.fetch(url, params).content)
        if root.tag == "error":
            raise_refusal(root)
        return root


@contextmanager
def reading(title: str) -> Iterator[None]:
    """Values of another kind than FRED's documents have: RetryableError, as for a document that was cut short."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise RetryableError(f"{title}: the answer can't be read: {type(error).__name__}: {error}") from error


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0

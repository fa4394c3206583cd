"""One way for every source: answers are cached, limited, given the key, checked, tried again; the key shows nowhere."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stamina

from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.transport import Access, Ledger, Meter, RateLimit
from nautilus_data.transport.http import Http, Key, Place, retry_after_s, said_in

KEY = "k3y-that-nobody-sees"
LIMITS = (RateLimit(100, 3600),)


class Server:
    """Answers in turn with what it was told; the last answer stays."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any, dict[str, str]]] = [(200, {"value": 1}, {})]
        self.requests: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []
        self.delay_s = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.owner = True, self
        self.thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def will_answer(self, *answers: Any) -> None:
        """Each is a status, a body, or (status, body, headers)."""
        self.answers = [_answer(one) for one in answers]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.thread.join()


def _answer(one: Any) -> tuple[int, Any, dict[str, str]]:
    if isinstance(one, tuple):
        return (*one, {})[:3]
    return (one, {"error_message": "no"}, {}) if isinstance(one, int) else (200, one, {})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        owner: Server = self.server.owner
        parts = urlsplit(self.path)
        owner.requests.append((parts.path, parse_qs(parts.query), dict(self.headers)))
        status, body, headers = owner.answers.pop(0) if len(owner.answers) > 1 else owner.answers[0]
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        time.sleep(owner.delay_s)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), "Set-Cookie": "session=crumbs", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        # One that waited long enough has gone.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """The test's own output is enough."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def quick_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path)
    yield made
    made.close()


@pytest.fixture
def client(server: Server, ledger: Ledger, tmp_path: Path) -> Iterator[Http]:
    made = make(server, ledger, tmp_path)
    yield made
    made.close()


def make(server: Server, ledger: Ledger, folder: Path | None, place: Place = Place.QUERY, **access: Any) -> Http:
    meter = Meter(ledger, "fred", "FRED", LIMITS, 0.2)
    reach = Access(folder=folder, base_url=server.url, api_key=KEY, **{"timeout_s": 10.0, **access})
    return Http(reach, meter, base_url="https://api.example.org", key=Key("api_key", reach.api_key, place))


def spent(ledger: Ledger) -> int:
    found = ledger.quota("fred")
    return found[0].used if found else 0


def test_an_answer_is_asked_for_once_and_then_found_in_the_cache(server: Server, client: Http, ledger: Ledger) -> None:
    answers = [client.fetch("/series", {"id": "GDP"}).json() for _ in range(3)]
    assert answers == [{"value": 1}] * 3
    assert len(server.requests) == spent(ledger) == 1
    client.fetch("/series", {"id": "CPI"})
    client.fetch("/series", {"id": "GDP"}, cache_s=0)
    assert len(server.requests) == spent(ledger) == 3


def test_the_cache_outlives_the_process_and_ends_with_its_age(server: Server, ledger: Ledger, tmp_path: Path) -> None:
    for _ in range(2):
        one = make(server, ledger, tmp_path, cache_s=0.4)
        one.fetch("/series")
        one.close()
    assert len(server.requests) == 1
    time.sleep(0.5)
    again = make(server, ledger, tmp_path, cache_s=0.4)
    again.fetch("/series")
    again.close()
    assert len(server.requests) == 2


def test_an_age_of_nothing_keeps_nothing_on_disk(server: Server, ledger: Ledger, tmp_path: Path) -> None:
    one = make(server, ledger, tmp_path, cache_s=0)
    one.fetch("/series")
    one.fetch("/series")
    one.close()
    assert len(server.requests) == 2 and not (tmp_path / "cache").exists()


@pytest.mark.parametrize("place", list(Place))
def test_the_key_is_on_the_wire_and_nowhere_else(
    server: Server, ledger: Ledger, tmp_path: Path, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    one = make(server, ledger, tmp_path, place)
    server.will_answer({"value": 1, "next": f"/series?api_key={KEY}"}, (400, {"message": f"bad key {KEY}"}), 503)
    shown = [one.fetch("/series").text, repr(one), repr(Access(api_key=KEY)), repr(Key("api_key", KEY))]
    for path in ("/bad", "/down"):
        with pytest.raises(DashboardError) as caught:
            one.fetch(path)
        shown += ["".join(traceback.format_exception(caught.value)), repr(caught.value), str(ledger.health("fred"))]
    one.close()
    name = "api_key"
    for _, query, headers in server.requests:
        assert (query.get(name, [""])[0] if place is Place.QUERY else headers[name]) == KEY
    assert KEY not in "".join(shown) + caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.parent.name == "cache" for path in files)
    for path in files:
        assert KEY.encode() not in path.read_bytes() and b"session=crumbs" not in path.read_bytes(), path


def test_a_redirect_to_another_host_gets_no_key(server: Server, client: Http) -> None:
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    server.will_answer((302, "", {"Location": f"{elsewhere}/other"}), {"value": 2})
    assert client.fetch("/series").json() == {"value": 2}
    assert [KEY in str(query) for _, query, _ in server.requests] == [True, False]


@pytest.mark.parametrize(
    ("answer", "kind", "words", "requests"),
    [
        (429, RetryableError, "too many requests", 1),
        (500, RetryableError, "error of its own", 3),
        (503, RetryableError, "error of its own", 3),
        (401, FatalError, "Check its key", 1),
        (403, FatalError, "Check its key", 1),
        (400, SkippableError, "it says: no", 1),
        (404, SkippableError, "refused the request", 1),
        ("", RetryableError, "the answer is empty", 3),
        ('{"value": [1, 2', RetryableError, "cut short after 15 bytes", 3),
        ("<html><title>Maintenance</title></html>", RetryableError, "a web page instead of data; it says: Maint", 3),
        ("Will be right back", RetryableError, "is not data; it says: Will be right back", 3),
    ],
)
def test_each_error_says_what_to_do_and_is_never_cached(
    server: Server, client: Http, ledger: Ledger, answer: Any, kind: type, words: str, requests: int
) -> None:
    server.will_answer(answer)
    with pytest.raises(kind, match=words) as caught:
        client.fetch("/series")
    assert str(caught.value).startswith("FRED: ")
    assert len(server.requests) == spent(ledger) == requests
    health = ledger.health("fred")
    assert not health.is_ok and words in health.last_error
    ledger.resume("fred")
    server.will_answer({"value": 3})
    assert client.fetch("/series").json() == {"value": 3}
    assert ledger.health("fred").is_ok


def test_an_error_in_an_answer_of_status_200_is_one_and_is_not_cached(
    server: Server, ledger: Ledger, tmp_path: Path
) -> None:
    def check(body: bytes) -> DashboardError | None:
        said = json.loads(body).get("Note")
        return RetryableError(said, 86_400.0) if said else None

    meter = Meter(ledger, "alpha_vantage", "Alpha Vantage", LIMITS, 0.2)
    one = Http(Access(folder=tmp_path, base_url=server.url), meter, base_url="https://a.example", check=check)
    server.will_answer({"Note": "25 requests per day"}, {"value": 1})
    with pytest.raises(RetryableError, match="25 requests per day") as caught:
        one.fetch("/query")
    assert caught.value.retry_after == 86_400
    # Nobody asks until it is over, here or in another process.
    with pytest.raises(RetryableError, match="is not asked for another 24 h: 25 requests per day"):
        one.fetch("/query")
    assert len(server.requests) == 1
    ledger.resume("alpha_vantage")
    assert one.fetch("/query").json() == {"value": 1}
    one.close()


def test_retry_after_is_kept_to_when_it_is_short(server: Server, client: Http) -> None:
    server.will_answer((429, "slow down", {"Retry-After": "1"}), {"value": 4})
    with stamina.set_testing(False):
        started = time.monotonic()
        assert client.fetch("/series").json() == {"value": 4}
    assert 1.0 <= time.monotonic() - started < 4
    assert len(server.requests) == 2


def test_retry_after_that_is_long_is_handed_on(server: Server, client: Http, ledger: Ledger) -> None:
    server.will_answer((503, "later", {"Retry-After": "120"}), {"value": 4})
    with pytest.raises(RetryableError) as caught:
        client.fetch("/series")
    assert caught.value.retry_after == 120
    with pytest.raises(RetryableError, match="not asked for another 2 min"):
        client.fetch("/series")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0), ("-3", 0.0), (None, None), ("", None), ("soon", None),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0), ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, lambda: 1_445_412_480.0) == seconds


def test_an_answer_that_is_late_and_a_server_that_is_not_there_are_retryable(
    server: Server, ledger: Ledger, tmp_path: Path
) -> None:
    client = make(server, ledger, tmp_path, timeout_s=0.5)
    server.delay_s = 1.0
    with pytest.raises(RetryableError, match="FRED can't be reached: no answer in time"):
        client.fetch("/slow")
    server.stop()
    with pytest.raises(RetryableError, match="FRED can't be reached"):
        client.fetch("/gone")
    assert "can't be reached" in ledger.health("fred").last_error
    client.close()


def test_a_spent_quota_sends_nothing(server: Server, ledger: Ledger) -> None:
    meter = Meter(ledger, "fred", "FRED", (RateLimit(2, 3600),), 0.1)
    one = Http(Access(base_url=server.url), meter, base_url="https://a.example")
    one.fetch("/a")
    one.fetch("/b")
    with pytest.raises(RetryableError, match=r"60 min: 2 requests in 1 h are spent"):
        one.fetch("/c")
    one.close()
    assert len(server.requests) == 2 and ledger.health("fred").is_ok


def test_a_damaged_cache_is_gone_past(server: Server, ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "fred.sqlite").write_bytes(b"this is no database" * 100)
    one = make(server, ledger, tmp_path)
    assert [one.fetch("/series").json() for _ in range(2)] == [{"value": 1}] * 2
    assert len(server.requests) == 2
    one.close()


def judged(status: int, body: bytes) -> DashboardError | None:
    return FatalError("refused the key. Check FRED_API_KEY") if status == 400 and b"api_key" in body else None


def test_a_source_may_judge_an_error_by_its_body(server: Server, ledger: Ledger) -> None:
    meter = Meter(ledger, "fred", "FRED", LIMITS, 0.2)
    one = Http(Access(base_url=server.url), meter, base_url="https://a.example", judge=judged)
    server.will_answer((400, "the api_key is wrong"))
    with pytest.raises(FatalError, match="FRED: refused the key"):
        one.fetch("/series")
    server.will_answer((400, "no such series"))
    with pytest.raises(SkippableError, match="it says: no such series"):
        one.fetch("/series")
    one.close()


def test_an_error_that_is_none_for_its_source_is_an_answer(server: Server, ledger: Ledger) -> None:
    meter = Meter(ledger, "fred", "FRED", LIMITS, 0.2)
    one = Http(
        Access(base_url=server.url),
        meter,
        base_url="https://a.example",
        is_fine=lambda status, body: b"nothing" in body,
    )
    server.will_answer((400, "there is nothing"))
    assert one.fetch("/series").status_code == 400 and ledger.health("fred").is_ok
    server.will_answer((400, "wrong"))
    with pytest.raises(SkippableError, match="it says: wrong"):
        one.fetch("/series")
    one.close()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'<error code="400" message="No.  The &quot;id&quot; is wrong." />', 'it says: No. The "id" is wrong'),
        (b"<?xml version='1.0'?>\n<error message='No.' code='1'/>", "it says: No"),
        (b'<errors message="No."/>', "it says: a web page"),
        (b"<html><title>Busy</title></html>", "it says: Busy"),
    ],
)  # fmt: skip
def test_an_error_in_xml_is_told_in_its_own_words(body: bytes, said: str) -> None:
    assert said_in(body) == said


def test_a_server_nobody_reaches_spends_nothing(server: Server, ledger: Ledger) -> None:
    one = make(server, ledger, None)
    server.stop()
    with pytest.raises(RetryableError, match="FRED can't be reached"):
        one.fetch("/series")
    assert spent(ledger) == 0
    one.close()


def test_how_often_it_is_tried_is_told(server: Server, ledger: Ledger) -> None:
    meter = Meter(ledger, "fred", "FRED", LIMITS, 0.2)
    one = Http(Access(base_url=server.url), meter, base_url="https://a.example", tries=1)
    server.will_answer(503)
    with stamina.set_testing(False), pytest.raises(RetryableError):
        one.fetch("/series")
    assert len(server.requests) == 1
    one.close()


def test_a_client_that_is_closed_asks_nothing_more(server: Server, client: Http) -> None:
    client.close()
    with pytest.raises(FatalError, match="asked no more"):
        client.fetch("/data")
    assert server.requests == []

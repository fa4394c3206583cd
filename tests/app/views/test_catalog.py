"""Catalog views: frames and jobs in, words and cards out."""

from __future__ import annotations

import pandas as pd

from app.views import catalog as views
from app.views.cards import Tone
from nautilus_data.core.dataset import Series
from nautilus_data.core.job import Job, Status
from nautilus_data.core.timerange import TimeRange

NOW = 1_700_000_000_000_000_000
FOUND = {"name": "main", "path": "/data/catalog/main", "size_bytes": 12_300, "files": 3}


def standing(*states: str) -> tuple[str, str, Tone]:
    card = views.catalog(FOUND, pd.DataFrame({"state": list(states)})).cards[-1]
    return card.value, card.note, card.tone


def test_a_catalog_is_as_good_as_its_worst_list() -> None:
    assert standing("up to date", "up to date")[::2] == ("up to date", Tone.OK)
    assert standing("up to date", "behind", "behind") == ("export again", "2 behind", Tone.WARN)
    assert standing("not from here") == ("not from here", "1 not exported from here", Tone.NONE)
    assert views.catalog(FOUND, None).cards[-1].value == "being compared"


def test_intervals_stand_beside_the_coverage() -> None:
    spans, covered = [TimeRange(0, 10), TimeRange(10, 20)], [TimeRange(5, 30)]
    rows = views.intervals_frame(spans, covered).itertuples(index=False, name=None)
    assert list(rows) == [
        (0, 5, "not covered any more"), (5, 20, "covered"), (20, 30, "covered, not in the catalog"),
    ]  # fmt: skip
    assert views.intervals_frame(spans, None)["state"].tolist() == [""]


def test_what_fits_is_named_up_to_three() -> None:
    series = [Series(instrument_id=f"{name}.X", source="yahoo") for name in "ABCD"]
    (card,) = views.fitting(series).cards
    assert (card.value, card.note) == ("4", "A.X 1d LAST raw, B.X 1d LAST raw, C.X 1d LAST raw …")


def test_a_job_tells_bars_or_files_and_who_works_on_it() -> None:
    job = Job(
        id=7, kind="catalog.export", title="Export", status=Status.RUNNING, done=5, total=10, ts_started=NOW - 10**9
    )
    (card,) = views.running([job], NOW).cards
    assert (card.value, card.fraction, card.action) == ("running", 0.5, "Stop")
    assert card.note == "5 of 10 bars · for 1.0 s"
    (card,) = views.running([job], NOW, "no worker has been seen").cards
    assert (card.value, card.tone) == ("no worker", Tone.WARN)
    assert views.jobs_frame([job])["status"].tolist() == ["running"]
    assert views.jobs_frame([]).empty

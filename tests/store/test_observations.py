"""A read as of a time returns no version that became known later, on SQLite and PostgreSQL."""

from __future__ import annotations

from itertools import count

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nautilus_data.core.macro_series import observations_of
from nautilus_data.core.observation import Vintages, known
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store import Store

# Days before 1970 too; a value may be published before its period (a projection) or decades later.
DAY = 86_400 * 10**9
VERSIONS = st.dictionaries(
    st.tuples(st.integers(-30_000, 20_000), st.integers(-30_000, 20_000)),
    st.one_of(st.floats(allow_nan=False, allow_infinity=False, width=64), st.just(float("nan"))),
    max_size=40,
)
NUMBERS = count()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=VERSIONS, as_of=st.integers(-31_000, 21_000))
def test_no_version_known_later_is_read(store: Store, versions: dict[tuple[int, int], float], as_of: int) -> None:
    series = observations_of(f"S{next(NUMBERS)}")
    rows = [(date * DAY, since * DAY, value, "vintage") for (date, since), value in versions.items()]
    frame = pd.DataFrame(rows, columns=["ts_event", "ts_init", "value", "known_by"])
    frame = frame.astype({"ts_event": "int64", "ts_init": "int64", "value": "float64"})
    store.write(series, frame, TimeRange(-(2**62), 2**62))
    read = store.read(series, as_of=as_of * DAY)
    assert (read["ts_init"] <= as_of * DAY).all()
    assert len(read) == sum(since <= as_of for _, since in versions)
    assert read["ts_init"].is_monotonic_increasing
    # What was known of each date is the same, whether the database cuts or the reader.
    cut, whole = known(read, as_of * DAY), Vintages.of(store.read(series)).at(as_of * DAY)
    assert cut["ts_event"].tolist() == whole.dates.tolist()
    assert cut["value"].fillna(-1.0).tolist() == pd.Series(whole.values).fillna(-1.0).tolist()


def test_a_version_written_again_is_one_version(store: Store) -> None:
    series = observations_of("GDP")
    frame = pd.DataFrame({"ts_event": [0, 0], "ts_init": [1, 5], "value": [1.5, 1.75], "known_by": "vintage"})
    assert store.write(series, frame) == 2
    assert store.write(series, frame) == 0
    assert store.read(series)["value"].tolist() == [1.5, 1.75]
    assert store.read(series, as_of=4)["value"].tolist() == [1.5]

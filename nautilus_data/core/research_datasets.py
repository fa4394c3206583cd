"""Research datasets: observations and their releases, filings, facts, insiders, holdings, companies, news."""

from __future__ import annotations

from nautilus_data.core.table import declare

# One row a vintage: what was known of a period from `ts_init` on. `ts_event` is the day the source names the period by
# (its first, of a week the last); coverage is kept of `ts_init`: which releases were asked for. NaN: published as
# missing, or withdrawn. `known_by`: "vintage" the source keeps when it was published; "rule" its usual lag was added;
# "seen" it was first seen here.
OBSERVATIONS = declare(
    "observations",
    "ts_event ts_init",
    "ts_event:NS ts_init:NS value:FLOAT known_by:TEXT",
    time="ts_init",
    is_series=True,
    row="observation",
)
# When a release was or will be published (`ts_event`), when that was first learned, and when it was last said.
RELEASES = declare(
    "releases", "ts_event", "ts_event:NS ts_init:NS ts_seen:NS", time="ts_init", is_series=True, row="release date"
)
# What a source says about a line of observations, as told last.
OBSERVED_SERIES = declare(
    "observed_series",
    "source series_id",
    "source:TEXT series_id:TEXT title:TEXT units:TEXT frequency:TEXT seasonal_adjustment:TEXT release_id:TEXT"
    " release:TEXT notes:TEXT first_date:NS last_date:NS ts_updated:NS ts_init:NS",
    time="ts_init",
)
# One row a filing; time, and coverage, is when it could be known. `ts_event` is when the source says it was accepted,
# which can be hours off. `report_date` 0: of no period. `items` of an 8-K.
FILINGS = declare(
    "filings",
    "accession",
    "accession:TEXT ts_event:NS ts_init:NS form:TEXT filed:NS report_date:NS items:TEXT size:INT document:TEXT"
    " description:TEXT is_xbrl:BOOL",
    time="ts_init",
    is_series=True,
    row="filing",
)
# One row each time a filing or report says a value: of a period from `ts_start` (0: at one moment) to `ts_event`. The
# same fact comes again in later filings, restated or not. `taxonomy` is us-gaap, ifrs-full, dei, or a source's own.
# `known_by` is "filed" (a moment the source tells), "rule" (its usual lag was added) or "seen" (first seen here).
FACTS = declare(
    "facts",
    "taxonomy tag unit ts_start ts_event ts_init accession",
    "taxonomy:TEXT tag:TEXT unit:TEXT ts_start:NS ts_event:NS ts_init:NS accession:TEXT value:DECIMAL form:TEXT"
    " fiscal_year:INT fiscal_period:TEXT filed:NS known_by:TEXT",
    time="ts_init",
    is_series=True,
    row="fact",
)
# Trades of insiders in a company's securities by their own reports (forms 3, 4, 5); `sequence` counts the lines of one
# report. A line without `code` tells what is held, and is no trade. `amends`: the day the report that this one corrects
# was filed, 0 of a first report; both are kept. `is_planned`: under a plan of rule 10b5-1.
INSIDER_TRADES = declare(
    "insider_trades",
    "accession sequence",
    "accession:TEXT sequence:INT ts_event:NS ts_init:NS form:TEXT insider:TEXT insider_cik:TEXT role:TEXT"
    " security:TEXT code:TEXT is_acquired:BOOL shares:DECIMAL price:DECIMAL held_after:DECIMAL is_direct:BOOL"
    " is_derivative:BOOL is_planned:BOOL amends:NS",
    time="ts_init",
    is_series=True,
    row="trade",
)
# What a manager held at the end of a quarter, by its 13F-HR; `value` in dollars, `amount` of shares or principal.
# `amendment`: a 13F-HR/A is a "RESTATEMENT", in place of what was filed for that quarter, or "NEW HOLDINGS" besides it.
HOLDINGS = declare(
    "holdings",
    "accession sequence",
    "accession:TEXT sequence:INT ts_event:NS ts_init:NS form:TEXT amendment:TEXT issuer:TEXT title:TEXT cusip:TEXT"
    " figi:TEXT value:DECIMAL amount:DECIMAL amount_type:TEXT put_call:TEXT discretion:TEXT",
    time="ts_init",
    is_series=True,
    row="holding",
)
# Who files with the SEC, as told last: tickers, exchanges and former names as JSON lists.
COMPANIES = declare(
    "companies",
    "cik",
    "cik:TEXT name:TEXT tickers:JSON exchanges:JSON former_names:JSON sic:TEXT industry:TEXT state:TEXT"
    " fiscal_year_end:TEXT category:TEXT ts_init:NS",
    time="ts_init",
)
# Articles about an instrument, with a sentiment score from -1 to 1 and how much of the article is about it.
NEWS = declare(
    "news",
    "url",
    "url:TEXT ts_event:NS ts_init:NS title:TEXT publisher:TEXT summary:TEXT score:FLOAT relevance:FLOAT label:TEXT",
    time="ts_init",
    is_series=True,
    row="article",
)

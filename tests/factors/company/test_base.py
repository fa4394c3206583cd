from __future__ import annotations

import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.core.statements import FIRST, KNOWN, NotKnown
from nautilus_data.core.timerange import to_ns
from nautilus_data.factors.company import COMPANY_FACTORS, Company, CompanyAt, CompanyFactor, Score
from nautilus_data.factors.company.base import positive, ratio
from nautilus_data.factors.company.growth import AssetGrowth
from tests.company_facts import LATER, company_of, fact, facts_of


class Assets(CompanyFactor):
    """The number itself."""

    key, title, family, formula, reference, units, direction = "a", "A", "tests", "AT", "none", "USD", "0"

    def score(self, known: CompanyAt) -> Score:
        return Score(known.accounts.end, known.number("assets"))


def assets(end: str, value: object, filed: str) -> tuple:
    return fact("Assets", "", end, value, filed)


def test_a_row_is_told_only_when_value_or_date_changed() -> None:
    rows = [assets("2022-12-31", 1, "2023-02-01"), assets("2022-12-31", 1, "2023-05-01"),
            assets("2023-12-31", 1, "2024-02-01"), assets("2023-12-31", 2, "2024-05-01")]  # fmt: skip
    frame = Assets().compute(company_of(facts_of(*rows)))
    assert frame["ts_init"].tolist() == [to_ns("2023-02-02"), to_ns("2024-02-02")]
    frame = Assets(basis=KNOWN).compute(company_of(facts_of(*rows)))
    assert frame["value"].tolist() == [1, 1, 2]
    assert frame["ts_init"].tolist()[-1] == to_ns("2024-05-02")


def test_by_default_restated_comparatives_count_as_first_filed() -> None:
    rows = [assets("2022-12-31", 100, "2023-02-01"), assets("2023-12-31", 120, "2024-02-01"),
            assets("2022-12-31", 80, "2024-02-01")]  # fmt: skip
    company = company_of(facts_of(*rows))
    assert AssetGrowth().basis == FIRST
    assert AssetGrowth().compute(company)["value"].iloc[-1] == pytest.approx(0.2)
    assert AssetGrowth(basis=KNOWN).compute(company)["value"].iloc[-1] == pytest.approx(0.5)


def test_what_became_known_after_the_company_is_looked_at_is_not_seen() -> None:
    company = company_of(facts_of(assets("2022-12-31", 1, "2023-02-01"), assets("2023-12-31", 2, "2024-02-01")))
    assert Assets().compute(company.until(to_ns("2024-02-01")))["value"].tolist() == [1]
    assert Assets().compute(company)["value"].tolist() == [1, 2]


def test_financial_companies_get_a_reason_where_a_factor_means_nothing_for_them() -> None:
    facts = facts_of(assets("2022-12-31", 1, "2023-02-01"))
    frame = COMPANY_FACTORS["gross_profitability"].compute(company_of(facts, sic="6021"))
    assert frame["reason"].tolist() == ["not defined for financial companies (SIC 6000–6999)"]
    assert Assets().compute(company_of(facts, sic="6021"))["value"].tolist() == [1]
    excluding = {key for key, factor in COMPANY_FACTORS.items() if factor.excludes_financials}
    assert {"gross_profitability", "cash_profitability", "accruals", "net_operating_assets", "f_score", "o_score",
            "m_score", "rd_intensity", "investment"} <= excluding  # fmt: skip


def test_the_class_is_the_worst_of_what_its_inputs_are() -> None:
    facts = facts_of(assets("2022-12-31", 1, "2023-02-01"))
    assert Assets().pit == Assets().pit_of(company_of(facts)) == "P2"
    assert Assets().pit_of(company_of(facts.assign(known_by="rule"))) == "P3"
    assert Assets().pit_of(company_of(facts.assign(known_by="seen"))) == "P4"
    assert COMPANY_FACTORS["o_score"].pit == "P2"
    seen = Vintages(np.array([0]), np.array([1]), np.array([1.0]), np.array(["rule"], object))
    assert COMPANY_FACTORS["o_score"].pit_of(Company(LATER, {"facts": facts}, {"GNPDEF": seen})) == "P3"


def test_nothing_is_computed_of_nothing() -> None:
    assert Assets().compute(Company(LATER)).empty


def test_a_ratio_of_nothing_is_not_known() -> None:
    assert ratio(1, 2, "x") == 0.5
    with pytest.raises(NotKnown, match="x is 0"):
        ratio(1, 0, "x")
    for value in (0.0, -1.0, float("nan")):
        with pytest.raises(NotKnown, match="x is not above 0"):
            positive(value, "x")

"""Scores of one company, of its filings and statements as they were known at the time."""

from types import MappingProxyType

from nautilus_data.factors.company.base import CompanyFactor, Score, WindowFactor
from nautilus_data.factors.company.company import Company, CompanyAt

COMPANY_FACTORS: MappingProxyType[str, CompanyFactor] = MappingProxyType({factor.key: factor for factor in ()})

__all__ = ["COMPANY_FACTORS", "Company", "CompanyAt", "CompanyFactor", "Score", "WindowFactor"]

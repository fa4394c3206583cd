"""Concept: a line of a financial statement, and the tags companies report it under, in order of preference."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

INCOME, BALANCE, CASH_FLOW, COVER = "income", "balance", "cash_flow", "cover"


class Measure(Enum):
    """What a value is of: decides its unit, and whether periods of it may be added and subtracted."""

    FLOW = "money over a period; quarters add up to years"
    INSTANT = "money at a moment"
    PER_SHARE = "money a share over a period; quarters add up nearly"
    AVERAGE = "shares, averaged over a period; periods do not add up"
    COUNT = "shares at a moment"

    @property
    def is_instant(self) -> bool:
        return self in (Measure.INSTANT, Measure.COUNT)

    @property
    def is_additive(self) -> bool:
        return self in (Measure.FLOW, Measure.PER_SHARE)

    @property
    def is_money(self) -> bool:
        return self in (Measure.FLOW, Measure.INSTANT)

    @property
    def is_split(self) -> bool:
        """Does a split of the shares change it?"""
        return not self.is_money

    def unit(self, currency: str) -> str:
        if self.is_money:
            return currency
        return f"{currency}/shares" if self is Measure.PER_SHARE else "shares"


@dataclass(frozen=True)
class Term:
    """One addend of a concept that is put together of others."""

    concept: str
    sign: int = 1
    is_optional: bool = False


@dataclass(frozen=True)
class Concept:
    """`tags` as `taxonomy:tag`, the first that covers a period is taken; where none does, the `terms` are added up.

    Terms marked optional count where they are reported; one of the terms must be, and all that are not optional.
    """

    key: str
    title: str
    statement: str
    measure: Measure
    tags: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()


def _tags(taxonomy: str, names: str) -> tuple[str, ...]:
    return tuple(f"{taxonomy}:{name}" for name in names.split())


def _concept(
    key: str, title: str, statement: str, measure: Measure, gaap: str = "", ifrs: str = "", *terms: Term, dei: str = ""
) -> Concept:
    return Concept(
        key, title, statement, measure, _tags("dei", dei) + _tags("us-gaap", gaap) + _tags("ifrs-full", ifrs), terms
    )


_F, _I, _P, _A, _C = Measure.FLOW, Measure.INSTANT, Measure.PER_SHARE, Measure.AVERAGE, Measure.COUNT

_INCOME = (
    _concept(
        "revenue", "Revenue", INCOME, _F,
        "RevenueFromContractWithCustomerExcludingAssessedTax Revenues SalesRevenueNet"
        " RevenueFromContractWithCustomerIncludingAssessedTax SalesRevenueGoodsNet RevenuesNetOfInterestExpense",
        "Revenue RevenueFromContractsWithCustomers",
    ),
    _concept("cost_of_revenue", "Cost of revenue", INCOME, _F,
             "CostOfRevenue CostOfGoodsAndServicesSold CostOfGoodsSold", "CostOfSales"),
    _concept("gross_profit", "Gross profit", INCOME, _F, "GrossProfit", "GrossProfit",
             Term("revenue"), Term("cost_of_revenue", -1)),
    _concept("research", "Research and development", INCOME, _F,
             "ResearchAndDevelopmentExpense ResearchAndDevelopmentExpenseExcludingAcquiredInProcessCost",
             "ResearchAndDevelopmentExpense"),
    _concept("selling", "Selling and marketing", INCOME, _F,
             "SellingAndMarketingExpense SellingExpense", "SalesAndMarketingExpense DistributionCosts"),
    _concept("administrative", "General and administrative", INCOME, _F,
             "GeneralAndAdministrativeExpense", "GeneralAndAdministrativeExpense AdministrativeExpense"),
    _concept("sga", "Selling, general and administrative", INCOME, _F,
             "SellingGeneralAndAdministrativeExpense", "SellingGeneralAndAdministrativeExpense",
             Term("selling"), Term("administrative")),
    _concept("operating_expenses", "Operating expenses", INCOME, _F, "OperatingExpenses CostsAndExpenses",
             "OperatingExpense"),
    _concept("operating_income", "Operating income", INCOME, _F, "OperatingIncomeLoss",
             "ProfitLossFromOperatingActivities"),
    _concept("interest_expense", "Interest expense", INCOME, _F,
             "InterestExpense InterestExpenseNonoperating InterestExpenseDebt InterestAndDebtExpense",
             "InterestExpense FinanceCosts"),
    _concept(
        "pretax_income", "Income before taxes", INCOME, _F,
        "IncomeLossFromContinuingOperationsBeforeIncomeTaxesExtraordinaryItemsNoncontrollingInterest"
        " IncomeLossFromContinuingOperationsBeforeIncomeTaxesMinorityInterestAndIncomeLossFromEquityMethodInvestments",
        "ProfitLossBeforeTax",
    ),
    _concept("income_tax", "Income taxes", INCOME, _F, "IncomeTaxExpenseBenefit",
             "IncomeTaxExpenseContinuingOperations"),
    _concept("net_income", "Net income", INCOME, _F, "NetIncomeLoss ProfitLoss",
             "ProfitLossAttributableToOwnersOfParent ProfitLoss"),
    _concept("eps_basic", "Earnings per share, basic", INCOME, _P,
             "EarningsPerShareBasic EarningsPerShareBasicAndDiluted", "BasicEarningsLossPerShare"),
    _concept("eps_diluted", "Earnings per share, diluted", INCOME, _P,
             "EarningsPerShareDiluted EarningsPerShareBasicAndDiluted", "DilutedEarningsLossPerShare"),
    _concept("dividends_per_share", "Dividends per share", INCOME, _P,
             "CommonStockDividendsPerShareDeclared CommonStockDividendsPerShareCashPaid",
             "DividendsRecognisedAsDistributionsToOwnersPerShare"),
    _concept("shares_basic", "Shares, basic average", INCOME, _A, "WeightedAverageNumberOfSharesOutstandingBasic",
             "WeightedAverageShares"),
    _concept("shares_diluted", "Shares, diluted average", INCOME, _A,
             "WeightedAverageNumberOfDilutedSharesOutstanding", "AdjustedWeightedAverageShares"),
)  # fmt: skip
_BALANCE = (
    _concept("cash", "Cash and equivalents", BALANCE, _I,
             "CashAndCashEquivalentsAtCarryingValue CashCashEquivalentsRestrictedCashAndRestrictedCashEquivalents",
             "CashAndCashEquivalents"),
    _concept("short_term_investments", "Short-term investments", BALANCE, _I,
             "ShortTermInvestments MarketableSecuritiesCurrent AvailableForSaleSecuritiesDebtSecuritiesCurrent",
             "CurrentFinancialAssets"),
    _concept("liquid_assets", "Cash and short-term investments", BALANCE, _I,
             "CashCashEquivalentsAndShortTermInvestments", "",
             Term("cash"), Term("short_term_investments", is_optional=True)),
    _concept("receivables", "Receivables", BALANCE, _I, "AccountsReceivableNetCurrent ReceivablesNetCurrent",
             "TradeAndOtherCurrentReceivables CurrentTradeReceivables"),
    _concept("inventory", "Inventory", BALANCE, _I, "InventoryNet", "Inventories"),
    _concept("prepaid", "Prepaid expenses", BALANCE, _I, "PrepaidExpenseCurrent PrepaidExpenseAndOtherAssetsCurrent",
             "CurrentPrepaidExpenses"),
    _concept("current_assets", "Current assets", BALANCE, _I, "AssetsCurrent", "CurrentAssets"),
    _concept(
        "property", "Property, plant and equipment", BALANCE, _I,
        "PropertyPlantAndEquipmentNet"
        " PropertyPlantAndEquipmentAndFinanceLeaseRightOfUseAssetAfterAccumulatedDepreciationAndAmortization",
        "PropertyPlantAndEquipment",
    ),
    _concept("goodwill", "Goodwill", BALANCE, _I, "Goodwill", "Goodwill"),
    _concept("intangibles", "Intangible assets", BALANCE, _I,
             "IntangibleAssetsNetExcludingGoodwill FiniteLivedIntangibleAssetsNet",
             "IntangibleAssetsOtherThanGoodwill"),
    _concept("assets", "Total assets", BALANCE, _I, "Assets", "Assets"),
    _concept("payables", "Accounts payable", BALANCE, _I, "AccountsPayableCurrent AccountsPayableTradeCurrent",
             "TradeAndOtherCurrentPayables"),
    _concept("accrued", "Accrued liabilities", BALANCE, _I, "AccruedLiabilitiesCurrent", "AccrualsClassifiedAsCurrent"),
    _concept("deferred_revenue", "Deferred revenue", BALANCE, _I,
             "ContractWithCustomerLiabilityCurrent DeferredRevenueCurrent", "CurrentContractLiabilities"),
    _concept("short_term_borrowings", "Short-term borrowings", BALANCE, _I, "ShortTermBorrowings CommercialPaper",
             "ShorttermBorrowings"),
    _concept("long_term_debt_current", "Long-term debt, current part", BALANCE, _I,
             "LongTermDebtCurrent LongTermDebtAndCapitalLeaseObligationsCurrent",
             "CurrentPortionOfLongtermBorrowings"),
    _concept("debt_current", "Debt, current", BALANCE, _I, "DebtCurrent", "CurrentBorrowings",
             Term("long_term_debt_current", is_optional=True), Term("short_term_borrowings", is_optional=True)),
    _concept("current_liabilities", "Current liabilities", BALANCE, _I, "LiabilitiesCurrent", "CurrentLiabilities"),
    _concept("long_term_debt", "Long-term debt", BALANCE, _I,
             "LongTermDebtNoncurrent LongTermDebtAndCapitalLeaseObligations LongTermDebt",
             "LongtermBorrowings NoncurrentPortionOfNoncurrentBorrowings"),
    _concept("liabilities", "Total liabilities", BALANCE, _I, "Liabilities", "Liabilities",
             Term("liabilities_and_equity"), Term("total_equity", -1)),
    _concept("retained_earnings", "Retained earnings", BALANCE, _I, "RetainedEarningsAccumulatedDeficit",
             "RetainedEarnings"),
    _concept("equity", "Stockholders' equity", BALANCE, _I,
             "StockholdersEquity StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
             "EquityAttributableToOwnersOfParent Equity"),
    _concept("total_equity", "Total equity", BALANCE, _I,
             "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest StockholdersEquity",
             "Equity EquityAttributableToOwnersOfParent"),
    _concept("liabilities_and_equity", "Liabilities and equity", BALANCE, _I, "LiabilitiesAndStockholdersEquity",
             "EquityAndLiabilities"),
)  # fmt: skip
_CASH_FLOW = (
    _concept("operating_cash_flow", "Cash from operations", CASH_FLOW, _F,
             "NetCashProvidedByUsedInOperatingActivities"
             " NetCashProvidedByUsedInOperatingActivitiesContinuingOperations",
             "CashFlowsFromUsedInOperatingActivities CashFlowsFromUsedInOperations"),
    _concept("depreciation", "Depreciation and amortization", CASH_FLOW, _F,
             "DepreciationDepletionAndAmortization DepreciationAmortizationAndAccretionNet"
             " DepreciationAndAmortization Depreciation",
             "AdjustmentsForDepreciationAndAmortisationExpense DepreciationAndAmortisationExpense"),
    _concept("stock_compensation", "Stock-based compensation", CASH_FLOW, _F, "ShareBasedCompensation",
             "AdjustmentsForSharebasedPayments"),
    _concept("capital_expenditure", "Capital expenditure", CASH_FLOW, _F,
             "PaymentsToAcquirePropertyPlantAndEquipment PaymentsToAcquireProductiveAssets",
             "PurchaseOfPropertyPlantAndEquipmentClassifiedAsInvestingActivities"),
    _concept("acquisitions", "Acquisitions", CASH_FLOW, _F, "PaymentsToAcquireBusinessesNetOfCashAcquired",
             "CashFlowsUsedInObtainingControlOfSubsidiariesOrOtherBusinessesClassifiedAsInvestingActivities"),
    _concept("investing_cash_flow", "Cash from investing", CASH_FLOW, _F,
             "NetCashProvidedByUsedInInvestingActivities", "CashFlowsFromUsedInInvestingActivities"),
    _concept("dividends", "Dividends paid", CASH_FLOW, _F, "PaymentsOfDividends PaymentsOfDividendsCommonStock",
             "DividendsPaidClassifiedAsFinancingActivities"),
    _concept("repurchases", "Shares repurchased", CASH_FLOW, _F, "PaymentsForRepurchaseOfCommonStock",
             "PaymentsToAcquireOrRedeemEntitysShares"),
    _concept("share_issuance", "Shares issued", CASH_FLOW, _F,
             "ProceedsFromIssuanceOfCommonStock ProceedsFromIssuanceOrSaleOfEquity"
             " ProceedsFromIssuanceOfSharesUnderIncentiveAndShareBasedCompensationPlansIncludingStockOptions"
             " ProceedsFromStockOptionsExercised",
             "ProceedsFromIssuingShares"),
    _concept("debt_issued", "Debt issued", CASH_FLOW, _F,
             "ProceedsFromIssuanceOfLongTermDebt ProceedsFromIssuanceOfDebt",
             "ProceedsFromBorrowingsClassifiedAsFinancingActivities"),
    _concept("debt_repaid", "Debt repaid", CASH_FLOW, _F, "RepaymentsOfLongTermDebt RepaymentsOfDebt",
             "RepaymentsOfBorrowingsClassifiedAsFinancingActivities"),
    _concept("financing_cash_flow", "Cash from financing", CASH_FLOW, _F,
             "NetCashProvidedByUsedInFinancingActivities", "CashFlowsFromUsedInFinancingActivities"),
    _concept("free_cash_flow", "Free cash flow", CASH_FLOW, _F, "", "",
             Term("operating_cash_flow"), Term("capital_expenditure", -1)),
)  # fmt: skip
_COVER = (
    _concept("shares_outstanding", "Shares outstanding", COVER, _C, "CommonStockSharesOutstanding",
             "NumberOfSharesOutstanding", dei="EntityCommonStockSharesOutstanding"),
)  # fmt: skip

# Every line a statement has, in the order it is shown.
CONCEPTS: MappingProxyType[str, Concept] = MappingProxyType(
    {concept.key: concept for concept in (*_INCOME, *_BALANCE, *_CASH_FLOW, *_COVER)}
)
STATEMENTS = (INCOME, BALANCE, CASH_FLOW)

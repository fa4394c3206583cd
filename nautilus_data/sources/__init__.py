"""Where history is fetched from: one file per source, one line per source here."""

from collections.abc import Callable
from types import MappingProxyType

from nautilus_data.sources.alpha_vantage import AlphaVantage
from nautilus_data.sources.arch_package import ArchPackage
from nautilus_data.sources.base import Capability, Found, LatestPrice, Source, SourceSpec
from nautilus_data.sources.edgar import Edgar
from nautilus_data.sources.fred import Fred
from nautilus_data.sources.interactive_brokers import InteractiveBrokers
from nautilus_data.sources.sample import Sample
from nautilus_data.sources.yahoo import Yahoo
from nautilus_data.transport import Access, Ledger

SOURCES = MappingProxyType(
    {source.spec.name: source for source in (Sample, Yahoo, InteractiveBrokers, Fred, ArchPackage, Edgar, AlphaVantage)}
)
# Which one answers for what several have, until a person says otherwise.
PRIORITY = ("interactive_brokers", "yahoo", "alpha_vantage", "sample", "fred", "arch", "edgar")


def make_sources(access: Callable[[str], Access], ledger: Ledger) -> dict[str, Source]:
    """Every source, reached as `access` says of its name; all note what they ask in one ledger."""
    return {name: source(access(name), ledger) for name, source in SOURCES.items()}


__all__ = ["PRIORITY", "SOURCES", "Capability", "Found", "LatestPrice", "Source", "SourceSpec", "make_sources"]

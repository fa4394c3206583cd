"""Where history is fetched from: one file per source, one line per source here."""

from types import MappingProxyType

from nautilus_data.sources.base import Capability, Source, SourceSpec
from nautilus_data.sources.sample import Sample

SOURCES = MappingProxyType({source.spec.name: source for source in (Sample,)})

__all__ = ["SOURCES", "Capability", "Source", "SourceSpec"]

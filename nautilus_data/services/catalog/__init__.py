"""Catalog: stored bars as a NautilusTrader data catalog, and bars of any such catalog into the store."""

from nautilus_data.services.catalog.jobs import KINDS, run_job
from nautilus_data.services.catalog.service import Catalog

__all__ = ["KINDS", "Catalog", "run_job"]

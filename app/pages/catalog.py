"""Catalog: stored bars for NautilusTrader's backtests, and bars out of any of its catalogs."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import param

from app.layout.catalog_forms import ExportForm, ImportForm
from app.layout.catalog_jobs import CatalogJobs
from app.layout.catalog_list import Catalogs
from app.layout.tabbed_page import TabbedPage

_VIEWS = MappingProxyType({"catalogs": "Catalogs", "export": "Export", "import": "Import", "jobs": "Jobs"})


class CatalogPage(TabbedPage):
    """The page writes a job; the worker runs it; closing the page changes nothing."""

    title = "Catalog"
    views = _VIEWS
    in_url = ("view", "job", "catalog")

    view = param.Selector(default="catalogs", objects=list(_VIEWS), doc="what is shown; in the URL")
    job = param.Integer(default=0, bounds=(0, None), doc="the job whose words are shown; in the URL")
    catalog = param.String(default="", doc="folder of the catalog that is shown; in the URL")

    def make_parts(self) -> dict[str, Any]:
        return {
            "catalogs": Catalogs(self), "export": ExportForm(self), "import": ImportForm(self),
            "jobs": CatalogJobs(self),
        }  # fmt: skip

    def counts(self) -> dict[str, tuple[str, str]]:
        active = sum(not job.status.is_final for job in self.parts["jobs"].jobs)
        return {"jobs": (str(active), "")} if active else {}

    def show_job(self, job_id: int) -> None:
        """What a job says, from wherever it was asked for."""
        self.job = job_id
        self.view = "jobs"
        self.parts["jobs"].open()

    def import_from(self, path: str) -> None:
        """The form for bars of a catalog."""
        self.parts["import"].path.value = path
        self.view = "import"


CatalogPage.serve()

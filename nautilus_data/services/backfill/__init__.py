"""Backfill: plan what is missing, fetch it request by request, report progress; nothing asked is forgotten."""

from nautilus_data.services.backfill.service import Backfill, Cancelled, run_job

__all__ = ["Backfill", "Cancelled", "run_job"]

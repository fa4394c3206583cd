"""Append-only: triggers by which the database itself refuses to change or delete entries of the audit log."""

from __future__ import annotations

from types import MappingProxyType

_SAID = "the audit log can only grow: its entries are never changed or deleted"

# Trigger: the statement that makes it. REPLACE deletes on SQLite without asking a trigger that guards deletes.
SQLITE = MappingProxyType(
    {
        "audit_no_update": f"CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit"
        f" BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
        "audit_no_delete": f"CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit"
        f" BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
        "audit_in_order": "CREATE TRIGGER IF NOT EXISTS audit_in_order BEFORE INSERT ON audit"
        " WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)"
        f" BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
    }
)
_REFUSE = f"""
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_SAID}' USING ERRCODE = '23001'; END $$
"""
# Not enabled as ALWAYS: a restore by pg_restore has to be able to fill the table.
POSTGRESQL = MappingProxyType(
    {
        "audit_no_change": f"{_REFUSE};"
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "audit_no_truncate": f"{_REFUSE};"
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    }
)
PRESENT_IN_POSTGRESQL = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = to_regclass('audit')"

"""The tamper-evident log: append-only, each entry linked to the one before by its hash."""

from ecomagent.audit.log import AuditEntry, AuditLog, AuditReport

__all__ = ["AuditEntry", "AuditLog", "AuditReport"]

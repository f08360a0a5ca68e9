"""Every error a user can meet, as one tree; each says what, where, and what to do."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Process exit codes of the command line."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    AWAITS_APPROVAL = 3
    REFUSED_BY_POLICY = 4
    APPLIED_IN_PART = 5
    LOCKED = 6
    HALTED = 7


class EcomagentError(Exception):
    """An error with a message for the user, the place it concerns, and a remedy.

    Args:
        what: One sentence in the user's words.
        where: File, row, field, setting or id concerned; empty when there is none.
        remedy: What the user can do about it.
    """

    exit_code: ExitCode = ExitCode.ERROR

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """All three parts on one line."""
        place = f" ({self.where})" if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.what}{place}{remedy}"


class UsageError(EcomagentError):
    """The command was asked for something it cannot mean."""

    exit_code = ExitCode.USAGE


class WorkspaceError(EcomagentError):
    """The workspace is missing, damaged, read-only or full."""


class ConfigError(EcomagentError):
    """A setting cannot be used."""

    exit_code = ExitCode.USAGE


class MissingExtraError(EcomagentError):
    """An optional part of the product is not installed."""


class StoreError(EcomagentError):
    """The database cannot be read or written."""


class ImportFileError(EcomagentError):
    """A file cannot be imported at all (single bad rows go to quarantine instead)."""


class FactsError(EcomagentError):
    """History is missing, damaged or asked for in a way that would look ahead."""


class NotFoundError(EcomagentError):
    """No SKU, plan, action or run of that name."""

    exit_code = ExitCode.USAGE


class MoneyError(EcomagentError):
    """An amount or currency cannot be read."""


class GoalUnclearError(EcomagentError):
    """The goal leaves a question open that only the merchant can answer."""

    exit_code = ExitCode.USAGE


class NotEnoughDataError(EcomagentError):
    """The data cannot answer, and guessing would be dishonest."""


class PlanError(EcomagentError):
    """A plan cannot be built or used."""


class PlanTamperedError(PlanError):
    """A plan's content does not match its hash."""


class PlanStaleError(PlanError):
    """The shop or the policy moved on since the plan was made."""


class PolicyRefusedError(EcomagentError):
    """The policy forbids what was asked."""

    exit_code = ExitCode.REFUSED_BY_POLICY


class PolicyFileError(ConfigError):
    """policy.toml cannot be read."""


class ApprovalError(EcomagentError):
    """A decision cannot be recorded."""


class AwaitsApprovalError(EcomagentError):
    """Nothing was approved yet."""

    exit_code = ExitCode.AWAITS_APPROVAL


class ConnectorError(EcomagentError):
    """The shop refused, failed or did not answer."""


class PreconditionFailedError(ConnectorError):
    """The shop's value is no longer the one the action was planned on."""


class LockedError(EcomagentError):
    """Another run holds the workspace."""

    exit_code = ExitCode.LOCKED


class HaltedError(EcomagentError):
    """The breaker or a person halted the tool."""

    exit_code = ExitCode.HALTED


class AuditError(EcomagentError):
    """The audit log does not verify."""

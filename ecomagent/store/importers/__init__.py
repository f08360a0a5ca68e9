"""Any sales export, or a folder of tidy files, into the store."""

from ecomagent.store.importers.quarantine import (
    QuarantinedRow,
    QuarantineList,
    discard_quarantine,
    export_quarantine,
    list_quarantine,
    open_quarantine_count,
)
from ecomagent.store.importers.report import FileReport, ImportReport
from ecomagent.store.importers.run import import_path
from ecomagent.store.importers.understanding import Confirm, Doubt, Understanding
from ecomagent.store.importers.watch import FileProgress, Watch

__all__ = [
    "import_path",
    "ImportReport",
    "FileReport",
    "Understanding",
    "Doubt",
    "Confirm",
    "FileProgress",
    "Watch",
    "list_quarantine",
    "export_quarantine",
    "discard_quarantine",
    "open_quarantine_count",
    "QuarantineList",
    "QuarantinedRow",
]

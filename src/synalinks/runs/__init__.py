from synalinks.runs._backup import BackupStore
from synalinks.runs._history import HistoryData
from synalinks.runs._journal import SqliteJournal
from synalinks.runs._run import Run

__all__ = ["BackupStore", "HistoryData", "Run", "SqliteJournal"]

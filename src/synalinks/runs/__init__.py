from synalinks.runs._backup import BackupStore
from synalinks.runs._history import HistoryData
from synalinks.runs._journal import SqliteJournal
from synalinks.runs._run import Run
from synalinks.runs._survey import KeptRun, find_runs

__all__ = ["BackupStore", "HistoryData", "KeptRun", "Run", "SqliteJournal", "find_runs"]

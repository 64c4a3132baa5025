from synalinks.utils._plot_candidates import plot_candidates
from synalinks.utils._plot_history import plot_history
from synalinks.utils._plot_history_comparison import plot_history_comparison
from synalinks.utils._plot_metrics import plot_metrics
from synalinks.utils._plot_program import plot_program

__all__ = [
    "plot_candidates",
    "plot_history",
    "plot_history_comparison",
    "plot_metrics",
    "plot_program",
]

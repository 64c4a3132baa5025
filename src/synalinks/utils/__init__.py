from synalinks.utils._plot_history import plot_history

__all__ = ["plot_history"]

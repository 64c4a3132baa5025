from synalinks.datasets._dataset import Dataset
from synalinks.datasets._make import as_dataset
from synalinks.datasets._order import batched, epoch_order, split
from synalinks.datasets._sample import Sample

__all__ = ["Dataset", "Sample", "as_dataset", "batched", "epoch_order", "split"]

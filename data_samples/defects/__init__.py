"""Planted defects: each one with its place, its size and its line in the answer sheet."""

from data_samples.defects.plan import plant

__all__ = ["plant"]

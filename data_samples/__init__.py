"""Seeded synthetic communes in the formats offices deliver, with planted defects and answer sheets."""

from data_samples.generate import build, generate

__all__ = ["build", "generate"]

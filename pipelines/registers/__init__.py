"""Registers: spreadsheets and tables of owners and certificates, whatever their layout, as one frame of texts."""

from pipelines.registers.grid import peek
from pipelines.registers.read import HeadingError, Register, read

__all__ = ["HeadingError", "Register", "peek", "read"]

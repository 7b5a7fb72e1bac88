"""Registers: spreadsheets, tables and exchange files of owners and certificates, as one frame of texts."""

from pipelines.registers.grid import peek
from pipelines.registers.read import HeadingError, Register, is_table, read, read_tables

__all__ = ["HeadingError", "Register", "is_table", "peek", "read", "read_tables"]

"""What the data means: layers, code lists, findings, profiles and source profiles.

This package imports nothing of ours. Everything it returns is a copy; callers may change it freely.
"""

"""`diachinh feed`: what changed since, for machines."""


def feed() -> None:
    """x"""

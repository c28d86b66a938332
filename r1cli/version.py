"""The version of r1, which also the lowest packages may name."""

__version__ = "0.2.0"

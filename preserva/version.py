"""The version of this software, written into every package that it makes."""

__version__ = "0.1.0"

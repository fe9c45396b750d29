"""Instruments in files, one module a format."""

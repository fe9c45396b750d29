"""Answers, human or synthetic, in one form."""

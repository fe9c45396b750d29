"""The specification of `populace analyze`: what it may say, reading it, and what it makes of the data.

kinds       kinds of analysis and their arguments, taken from the functions themselves
values      what an argument may look like in a file, and its Python value
spec        the specification as records; reading and refusing
schema      its JSON Schema, for editors
conditions  who is meant: filters and groups
prepare     design, derived variables, filter and weighting
outcome     an analysis that could not be computed
"""

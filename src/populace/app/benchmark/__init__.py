"""The benchmark: one command that holds the survey language model against people, baselines and other models."""

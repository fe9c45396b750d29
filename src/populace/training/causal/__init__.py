"""Fine-tuning of causal language models on answers of people."""

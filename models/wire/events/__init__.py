"""The facts that travel up: one module per family, every class in the past tense."""

"""Keras-style training of language-model programs."""

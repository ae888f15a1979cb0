"""Measurements of the product, run by hand: python -m benchmarks.measure DATA."""

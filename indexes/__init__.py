"""What is remembered: ids, vectors, words and rows. Knows nothing of models, files' formats or screens."""

from indexes.telemetry import switch_off

switch_off()  # here, since every package of ours imports this one before any library

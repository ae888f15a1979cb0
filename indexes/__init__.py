"""What is remembered: ids, vectors, words and rows. Knows nothing of models, files' formats or screens."""

import os

from indexes.telemetry import switch_off

# Here, since every package of ours imports this one before any library, and libraries decide when they are loaded.
switch_off()
# Threads of OpenMP (CTranslate2, FAISS, torch) that wait for each other sleep instead of spinning: where others want
# the cores, too, the one that is waited for would not get any. 149 searches on two cores beside other work, twice:
# p50 1,368 → 361 and 235 → 135 ms, p95 3,664 → 748 and 1,025 → 257 ms.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

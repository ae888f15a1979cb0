"""The work: reading, embedding, finding and answering, one stage a file. Knows nothing of screens."""

import indexes  # noqa: F401  # first of all: it switches off what reports home

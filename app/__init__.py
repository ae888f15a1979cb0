"""Where people meet the assistant: the command line, the web API and the page."""

import indexes  # noqa: F401  # first of all: it switches off what reports home

"""Where people meet the assistant: the command line, the web API and the page."""

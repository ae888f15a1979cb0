"""Files and what stands in them: found, recognised by content, cleaned and cut into segments."""

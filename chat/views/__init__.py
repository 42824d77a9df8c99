"""Pages and small answers over HTTP."""

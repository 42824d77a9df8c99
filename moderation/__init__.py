"""Safety: what may be said, reports, cases, decisions. Knows neither sockets nor matching."""

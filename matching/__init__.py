"""Pairing strangers: tickets, interests, the pool and its Lua script. Knows neither rooms nor bans."""

"""Pairing strangers: tickets, interests, the pool. Knows neither rooms nor bans."""

"""Filters of the visitors' templates."""

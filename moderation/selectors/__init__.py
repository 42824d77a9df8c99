"""Reading moderation's records. Nothing here changes anything."""

"""What the templates of moderation ask for."""

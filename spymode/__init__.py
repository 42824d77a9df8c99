"""Question mode: one asks, two strangers discuss, the asker watches."""

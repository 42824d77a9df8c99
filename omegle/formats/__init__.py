"""How a language writes dates, where we write them in another way than Django does."""

"""Facts in files, as any system can write them: JSON Lines."""

"""Built-in work that needs little or no model."""

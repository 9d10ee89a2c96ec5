"""Template tags of the leads application."""

"""The places where the web application can run, one module each: the same code and settings."""

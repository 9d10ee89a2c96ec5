"""What a page costs with a thousand leads and with a million: ``make bench-scale``."""

"""Custom fields: listed, added, changed, put in order, retired and brought back."""

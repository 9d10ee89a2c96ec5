"""A day at the desk: three people work the same leads, and the counters stay exact."""

"""Demo leads: ``people`` writes them, ``history`` gives them a past, ``run`` stores them."""

"""Templates of answers: the desk's and one's own, listed, written and deleted."""

"""What is announced of a lead, to whom, and in which words."""

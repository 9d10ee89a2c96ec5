"""Answering a lead by mail, and what follows from it in one act."""

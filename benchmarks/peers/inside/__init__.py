"""Programs that run in the environments of the peers, with nothing of Leadbook."""

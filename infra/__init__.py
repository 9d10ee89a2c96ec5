"""Leadbook on AWS: a CDK application, and the commands that deploy it and work on it."""

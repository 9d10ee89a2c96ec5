"""What becomes of a lead once it is stored: a job gives it to somebody by the rules, and tells.

The intake, which may read nothing, only asks for the job. docs/adr/0062 has the reasons.
"""

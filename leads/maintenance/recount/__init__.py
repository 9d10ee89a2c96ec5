"""The totals and the search tokens compared with the leads, and repaired."""

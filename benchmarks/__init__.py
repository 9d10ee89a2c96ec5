"""What the pages cost beside the bare DynamoDB requests they need: ``make bench``."""

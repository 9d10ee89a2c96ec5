"""How many characters of each text a lead has."""

MAX_NAME = 200
MAX_EMAIL = 254
MAX_COMPANY = 200
MAX_PHONE = 50
MAX_SUBJECT = 200
MAX_MESSAGE = 10_000

"""The pages of the accounts: sign-in, passwords, and for admins the accounts themselves."""

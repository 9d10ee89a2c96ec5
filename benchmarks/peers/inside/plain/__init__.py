"""The plainest CRM that Django makes: one model, its admin, one public form."""

"""The contract tests of the repository, on tables that CloudFormation made from the Data stack."""

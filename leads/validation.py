"""What is wrong with the texts of a lead, in words for people."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_EMAIL_HELP = "Enter an e-mail address, such as ada@example.com."


def field_errors(error: ValidationError) -> dict[str, str]:
    """Return a text for each field at fault."""
    return {str(detail["loc"][0]): _explain(detail) for detail in reversed(error.errors())}


def _explain(detail: ErrorDetails) -> str:
    if detail["type"].endswith("too_long"):
        most = int(detail["ctx"]["max_length"])
        return f"At most {most:,} characters, please; this has {len(str(detail['input'])):,}."
    if detail["type"].endswith("too_short"):
        return "This field is required."
    if detail["type"] == "string_pattern_mismatch":
        return _EMAIL_HELP
    return str(detail.get("ctx", {}).get("error") or detail["msg"])

"""Long texts in items: compressed, as each KB that is written costs, and claims write anew."""

import zlib

# Below it nothing is won: an item is billed by the KB.
LEAST = 700


def packed(text: str) -> str | bytes:
    """Return a text as an item keeps it: as it is, or compressed if that is less."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) < LEAST:
        return text
    small = zlib.compress(raw)
    return small if len(small) < len(raw) else text


def unpacked(value: object) -> str:
    """Return the text that an item keeps; an empty one for what is no text."""
    if isinstance(value, bytes):
        return zlib.decompress(value).decode("utf-8", "surrogatepass")
    return value if isinstance(value, str) else ""

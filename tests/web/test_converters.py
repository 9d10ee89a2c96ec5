import re

import pytest
from django.test import Client
from django.urls import resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

from leads.web.converters import LeadIdConverter

CONVERTER = LeadIdConverter()
IDS = st.text(st.characters(codec="utf-8"), min_size=1)


@given(IDS)
def test_any_id_has_an_address_and_is_read_back(lead_id: str) -> None:
    text = CONVERTER.to_url(lead_id)
    assert re.fullmatch(r"[A-Za-z0-9_~=-]+", text)
    assert CONVERTER.to_python(text) == lead_id


@given(IDS, IDS)
def test_two_ids_have_two_addresses(one: str, two: str) -> None:
    assert (CONVERTER.to_url(one) == CONVERTER.to_url(two)) == (one == two)


@pytest.mark.parametrize(
    "lead_id", ["add", "bulk", "a/b", "..", ".", "~", "~YQ==", "ä", "%2F", " "]
)
def test_addresses_of_odd_ids_resolve_to_their_lead(lead_id: str) -> None:
    for name in ("lead_detail", "lead_edit", "lead_delete", "lead_move"):
        match = resolve(reverse(name, args=[lead_id]))
        assert (match.url_name, match.kwargs) == (name, {"lead_id": lead_id})


def test_plain_ids_stay_readable() -> None:
    assert reverse("lead_detail", args=["1d75-A_b"]) == "/leads/1d75-A_b/"


@pytest.mark.parametrize("text", ["~a", "~_w==", "~YWI=", "~w6Q=!", "~\u00e4", "~YQ", "~gICA"])
def test_broken_base64_is_no_address(client: Client, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        CONVERTER.to_python(text)
    assert client.get(f"/leads/{text}/").status_code == 404

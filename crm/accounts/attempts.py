"""Attempts to sign in: whose guesses each is counted with, and what follows from it.

Guesses of strangers are counted by account. Who comes with a known browser, or from a network
of an earlier sign-in, is counted apart from them, so that nobody is locked out by others.
docs/adr/0042 has the reasons.
"""

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac

from crm.accounts import devices, mails, throttle
from crm.accounts.models import User
from crm.accounts.throttle import SIGN_IN_LIMIT, Counter
from crm.networks import network_of

# Wrong passwords of strangers after which a sign-in from somewhere new is told by mail.
UNDER_ATTACK = 5
# Networks that an account is known to come from, the latest ones.
MOST_NETWORKS = 5


class Attempt(NamedTuple):
    """One attempt: ``own`` counts the guesses it is one of, ``shared`` those of its address."""

    user: User | None
    email: str
    network: str
    is_known_device: bool
    is_known_network: bool
    own: Counter
    shared: list[Counter]

    @property
    def is_known(self) -> bool:
        """Whether it comes from where the account has signed in before."""
        return self.is_known_device or self.is_known_network

    @property
    def counters(self) -> list[Counter]:
        """All that count it."""
        return [*self.shared, self.own]


class Refusal(NamedTuple):
    """An attempt that was not counted: how many seconds to wait, or whether a link may help."""

    seconds: int
    may_have_link: bool


def attempt_of(request: HttpRequest, email: str) -> Attempt:
    """Return who tries what from where. Costs 2 RRU, whether there is such an account or not."""
    user = User.objects.find_by_email(email)
    device = devices.find(request, user)
    address = request.META.get("REMOTE_ADDR", "")
    network = _network(user, address)
    by_address, by_account = throttle.sign_in(email, address)
    is_known_network = user is not None and network in user.networks
    own, shared = by_account, [by_address]
    if user and device:
        own, shared = Counter("sign-in", "device", f"{user.pk} {device.id}", SIGN_IN_LIMIT), []
    elif user and is_known_network:
        own = _of_network(user, network)
    return Attempt(user, email, network, device is not None, is_known_network, own, shared)


def reserve(attempt: Attempt) -> Refusal | None:
    """Count an attempt before it is made, or return why it may not be made."""
    if wait := throttle.reserve(attempt.shared):
        return Refusal(wait, may_have_link=False)
    if wait := throttle.reserve([attempt.own]):
        for counter in attempt.shared:
            throttle.give_back(counter)
        # A known browser has only itself to wait for.
        return Refusal(wait, may_have_link=mails.can_be_sent() and not attempt.is_known_device)
    return None


def succeed(request: HttpRequest, attempt: Attempt, user: User) -> bool:
    """Count the attempt no longer, and know the network from now on.

    Return whether the owner is told by mail: it came from somewhere new while strangers were
    guessing.
    """
    by_account = throttle.sign_in_by_account(user.email)
    # The right password was counted before anybody knew that it is right.
    own = 1 if attempt.own == by_account else 0
    is_new = not (attempt.is_known_device and attempt.is_known_network)
    is_attacked = is_new and throttle.count(by_account) - own >= UNDER_ATTACK
    for counter in attempt.shared:
        throttle.give_back(counter)
    throttle.forget(attempt.own)
    if not attempt.is_known_network:
        user.networks = [attempt.network, *user.networks][:MOST_NETWORKS]
        user.save(update_fields=["networks"])
    is_told = is_attacked and mails.can_be_sent()
    if is_told:
        mails.send(request, user, "new_sign_in", path=reverse("password_reset"))
    return is_told


def link_counter(attempt: Attempt) -> Counter:
    """Return what counts links: one in a window, whether there is such an account or not."""
    return throttle.by_account("sign-in-link", attempt.email, 1)


def send_link(request: HttpRequest, attempt: Attempt) -> None:
    """Send the owner, if there is one, a link that makes a browser known."""
    user = attempt.user
    if user and user.is_active and user.has_usable_password():
        path = reverse("sign_in_link", args=[devices.link_token(user)])
        mails.send(request, user, "sign_in_link", path=path)


def forget(user: User) -> None:
    """Let an account that has a new password sign in at once, from wherever."""
    throttle.forget(throttle.sign_in_by_account(user.email))
    for network in user.networks:
        throttle.forget(_of_network(user, network))


def _of_network(user: User, network: str) -> Counter:
    return Counter("sign-in", "network", f"{user.pk} {network}", SIGN_IN_LIMIT)


def _network(user: User | None, address: str) -> str:
    """Return the network of an address, in a form that does not tell it."""
    text = f"{user.pk if user else ''} {network_of(address)}"
    return salted_hmac("crm.accounts.networks", text, algorithm="sha256").hexdigest()[:16]

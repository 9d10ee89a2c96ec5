"""Releasing, discarding and taking back a held message, and what is said about it."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from leads.held import store
from leads.held.models import HeldChangedError, HeldMessage, HeldNotFoundError, State
from leads.held.presentation import name
from leads.models import Actor
from leads.repository import SubmissionReusedError
from leads.repository.reads import is_id


@dataclass(frozen=True)
class Outcome:
    """The message as it is now, and what became of it in a sentence."""

    message: HeldMessage
    text: str
    is_done: bool


def decide(lead_id: str, to: State, actor: Actor) -> Outcome:
    """Bring a message to a state, once: whoever finds it there already is told so.

    Raises ``HeldNotFoundError``.
    """
    if not is_id(lead_id):
        raise HeldNotFoundError(lead_id)
    before = store.get(lead_id)
    try:
        text = change(before, to, actor)
    except HeldChangedError:
        present = store.get(lead_id)
        is_there = present.state is to
        return Outcome(present, _text_of_late(present.state, is_there=is_there), is_done=is_there)
    except SubmissionReusedError:
        return Outcome(before, _text_of_clash(), is_done=False)
    return Outcome(replace(store.get(lead_id), texts=before.texts), text, is_done=True)


def change(message: HeldMessage, to: State, actor: Actor) -> str:
    """Bring a message to a state, and say so. Raises what the store does."""
    who = {"name": name(message)[:60]}
    if to is State.DISCARDED:
        store.discard(message.lead_id, actor)
        return _("The message of %(name)s was discarded.") % who
    if to is State.HELD:
        store.take_back(message.lead_id)
        return _("The message of %(name)s is held again.") % who
    if store.release(message.lead_id, actor).repeated:
        return _("A repeat of the message of %(name)s had become a lead: there is still one.") % who
    return _("The message of %(name)s is a lead now.") % who


def _text_of_late(present: State, *, is_there: bool) -> str:
    if present is State.RELEASED:
        return (
            _("This message had been released already: there is one lead.")
            if is_there
            else _("Somebody has released this message meanwhile: it is a lead.")
        )
    if present is State.DISCARDED:
        return (
            _("This message had been discarded already.")
            if is_there
            else _("Somebody has discarded this message meanwhile. Take it back to release it.")
        )
    return (
        _("This message is held already.")
        if is_there
        else _("Somebody has changed this message meanwhile. Try again.")
    )


def _text_of_clash() -> str:
    return _(
        "Another message with the same Idempotency-Key is a lead already, so this one cannot"
        " become one. It stays held: add a lead by hand, or discard it."
    )

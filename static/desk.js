/* What pages of the staff have. */
"use strict";

const texts = document.currentScript.dataset;
const { refuse, toast } = window.leadbook;
const on = document.addEventListener.bind(document);
const byId = (id) => document.getElementById(id);
const openLead = () => new URLSearchParams(location.search).get("lead") ?? "";

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

const STEPS = [31536000, 2592000, 86400, 3600, 60, 0];

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function age(seconds) {
  const size = STEPS.find((step) => seconds >= step) ?? 0;
  return fill(texts[`age-${size}`], { number: Math.floor(seconds / size) });
}

function refreshAges(root = document) {
  for (const time of root.querySelectorAll("time[data-age]")) {
    const seconds = (Date.now() - Date.parse(time.dataset.age)) / 1000;
    write(time, age(seconds));
    refreshTone(time, seconds);
  }
  countLate();
}

function refreshTone(time, seconds) {
  const limit = Number(time.dataset.limit) || Infinity;
  const isVery = seconds > 2 * limit;
  const tone = (isVery && "danger") || (seconds > limit && "warning") || "";
  if (tone === (time.dataset.tone ?? "")) return;
  time.dataset.tone = tone;
  write(time.parentElement.querySelector("[data-words]"), tone && (isVery ? texts.danger : texts.warning));
}

function countLate() {
  for (const head of document.querySelectorAll("[data-late]")) {
    const number = head.closest(".column").querySelectorAll("[data-tone=warning], [data-tone=danger]").length;
    write(head, number ? fill(head.dataset.late, { number }) : "");
  }
}

function announce(text) {
  byId("announcer").textContent = text;
}

const isAnew = (xhr) => xhr.getResponseHeader("X-Refused") === "token";

function explain(xhr) {
  const { status } = xhr;
  const seconds = xhr.getResponseHeader("Retry-After");
  if (!status) return texts.offline;
  if (isAnew(xhr)) return texts.anew;
  if (status === 429 && seconds) return fill(texts.wait, { seconds });
  return texts[status] ?? (status >= 500 ? texts.failed : texts.notUnderstood);
}

function onFailure(element, act) {
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) element.addEventListener(name, act);
}

/* The letter of a command. */
const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea";
const isCovered = () => document.querySelector("dialog:modal:not(#panel)");
const isHeld = (event) => event.ctrlKey || event.altKey || event.metaKey;
function command(event) {
  const isOff = isHeld(event) || isCovered() || document.body.dataset.singleKeys === "off" || event.key.length > 1 || event.target.closest?.(TYPING);
  return isOff ? "" : event.key.toLowerCase();
}

on("click", async ({ target }) => {
  const text = target.closest("[data-copy]")?.dataset.copy;
  if (!text) return;
  try {
    // An address of this site is copied whole.
    await navigator.clipboard.writeText(text.startsWith("/") ? new URL(text, location.origin).href : text);
    toast(texts.copied);
  } catch {
    refuse(texts.notCopied);
  }
});

onFailure(document, ({ detail }) => {
  const form = detail.elt.closest?.("form:is(.move, .assign)");
  form?.reset();
  form?.classList.remove("choosing");
  refuse((detail.xhr.status === 404 && detail.elt?.dataset?.gone) || explain(detail.xhr));
});
on("htmx:load", ({ detail: { elt } }) => {
  refreshAges(elt);
  restoreDrafts(elt);
  // What a page was left for is told on the next one.
  for (const form of elt.querySelectorAll("form[data-act]")) remember(form.dataset.act);
  const box = document.querySelector(".filter-box");
  if (box && hasFilters) box.open = true;
});

/* Filters apply as they are chosen, and stay open on a phone meanwhile. */
let hasFilters = false;
on("toggle", ({ target }) => {
  if (target.matches?.(".filter-box")) hasFilters = target.open;
}, true);
on("change", ({ target }) => target.closest?.("form:has(> #filter-go)")?.requestSubmit());

/* A row leads where its link does, but for who marks its text. */
on("click", ({ target, ctrlKey, metaKey, shiftKey }) => {
  const row = target.closest?.(".leads tbody tr");
  if (!row || target.closest("a, input, button, .check") || !getSelection().isCollapsed) return;
  row.querySelector("th a").dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }));
});

/* Shift selects a range, the box in the head all. */
let last = null;
on("click", ({ target, shiftKey }) => {
  const form = target.matches?.("[type=checkbox]") && target.closest(".bulk-form");
  if (!form) return;
  const all = form.querySelector("[data-check-all]");
  const boxes = [...form.querySelectorAll("tbody [type=checkbox]")];
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(target)].sort((a, b) => a - b);
  const range = shiftKey && from >= 0 ? boxes.slice(from, to + 1) : [];
  for (const box of target === all ? boxes : range) box.checked = target.checked;
  last = target;
  const checked = boxes.filter((box) => box.checked).length;
  all.checked = checked === boxes.length;
  all.indeterminate = checked > 0 && !all.checked;
  form.querySelector("[data-checked-count]").textContent = checked ? fill(texts.selected, { number: checked }) : texts.noneSelected;
});

on("click", ({ target }) => {
  const chip = target.closest("[data-reason]");
  if (chip?.form) chip.form.elements.reason.value = chip.dataset.reason;
  const opener = target.closest("[data-open]");
  if (opener) byId(opener.dataset.open)?.showModal();
  for (const menu of document.querySelectorAll("details.user-menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});
on("keydown", ({ key, target }) => {
  const menu = key === "Escape" && target.closest?.("details.user-menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.firstElementChild.focus();
});

/* "Move to": choosing submits, a key on the closed list only changes it. */
const moveTo = (target) => (target.matches?.(".card .move select, .chooses select") ? target : null);
let browsing = false;
on("pointerdown", () => { browsing = false; });
on("keydown", (event) => {
  const select = moveTo(event.target);
  if (!select) return;
  browsing = !["Enter", " "].includes(event.key);
  if (event.key !== "Enter" || !select.validity.valid || !select.form.classList.contains("choosing")) return;
  event.preventDefault();
  select.form.requestSubmit();
});
on("change", ({ target }) => {
  const select = moveTo(target);
  if (!select?.validity.valid) return;
  select.form.classList.toggle("choosing", browsing);
  if (!browsing) select.form.requestSubmit();
  browsing = false;
});

/* A server that is sent too much may hang up before it says why. */
on("submit", (event) => {
  const input = event.target.querySelector("input[type=file][data-most]");
  if (!(input?.files[0]?.size > input?.dataset.most)) return;
  event.preventDefault();
  refuse(input.dataset.tooLarge);
});

/* What is being said of a lead: kept in this tab until it is stored. */
const drafts = "form[data-draft]";
const textOf = (form) => form.querySelector("textarea").value;
const draftKey = (form) => `draft ${form.dataset.draft}`;

function keepDraft({ target }) {
  const form = target.closest?.(drafts);
  if (!form) return;
  const typed = new FormData(form);
  typed.delete("csrfmiddlewaretoken");
  if (textOf(form)) sessionStorage[draftKey(form)] = new URLSearchParams(typed);
  else delete sessionStorage[draftKey(form)];
}

function restoreDrafts(root) {
  for (const form of root.parentNode?.querySelectorAll(drafts) ?? []) {
    const typed = new URLSearchParams(sessionStorage[draftKey(form)]);
    if (!textOf(form)) for (const [name, value] of typed) form.elements[name].value = value;
    if (textOf(form)) byId(`composer-${form.id}`)?.click();
  }
}

on("input", keepDraft);
on("submit", (event) => {
  const form = event.target;
  if (!form.matches(drafts)) return;
  form.elements.at.value ||= new Date().toISOString(); // a repeat is of the same time
  keepDraft(event);
}, true);
on("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea, input")) return;
  const form = event.target.closest(".says");
  if (form?.matches(".htmx-request") === false) form.requestSubmit();
});
on("leadbook:said", ({ target, detail }) => {
  if (target.matches(drafts)) delete sessionStorage[draftKey(target)];
  byId(detail.id)?.remove();
  announce(detail.text);
});
setInterval(() => {
  refreshAges();
  if (!document.hidden) htmx.trigger("#due-count", "minute");
}, 60000);

/* --- undo: this tab's last acts. An undo, whose name has a ~, is none of them. --- */

const MOST_ACTS = 20;
const ACTS = `acts ${texts.userId}`;
const acts = () => JSON.parse(sessionStorage[ACTS] ?? "[]");
const keep = (list) => { sessionStorage[ACTS] = JSON.stringify(list.slice(-MOST_ACTS)); };
const forget = (act) => keep(acts().filter((other) => other !== act));
const remember = (act) => {
  if (act && !act.includes("~") && !acts().includes(act)) keep([...acts(), act]);
};
let offered = null;
let unanswered = 0; // what an undo has to wait for
let waiting = false;

function undo(act = acts().at(-1)) {
  waiting = unanswered > 0;
  if (waiting) return;
  if (!act) return offerUndo(texts.nothing, "");
  forget(act);
  offered?.remove();
  htmx.ajax("POST", `/changes/${act}/undo/`, { swap: "none" }).catch(() => undefined);
}

function offerUndo(text, act = acts().at(-1)) {
  offered?.remove();
  offered = toast(text, { onUndo: act && (() => undo(act)) });
  announce(text);
}

on("htmx:beforeSend", ({ detail }) => {
  if (detail.requestConfig.verb === "post") unanswered += 1;
});
on("htmx:beforeOnLoad", ({ detail }) => remember(detail.xhr.getResponseHeader("X-Act")));
on("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
  if (requestConfig.verb !== "post") return;
  unanswered -= 1;
  const [, act] = requestConfig.path.match(/^\/changes\/(.+)\/undo\/$/) ?? [];
  if (!xhr.status || xhr.status === 403 || xhr.status >= 429) remember(act);
  if (waiting) undo();
});
on("leadbook:undone", ({ detail }) => {
  forget(detail.act);
  document.querySelector(`.messages [data-act="${detail.act}"]`)?.remove();
  offered = toast(detail.text);
});
on("leadbook:kept", ({ detail }) => {
  forget(detail.act);
  refuse(detail.text);
});

on("submit", ({ target }) => forget(target.dataset.act));
on("keydown", (event) => {
  if (command(event) === "u") undo();
});

/* --- others: one poll serves the board, or else the lead over a list --- */

const POLL = 5000;
const WAIT = 15000;
const head = () => byId("lead-head")?.dataset;
const shown = () => head()?.leadId;
const page = () => document.querySelector("#panel-body [data-copy]")?.dataset.copy;
let polls = { isBusy: () => shown() !== openLead() || !page(), address: () => `${page()}news/?` };
let known = byId("columns")?.dataset.tag;
let unsettled = true; // an index may lag behind the totals: it is asked once more
let asking = null;
const wanted = new Map(); // lead id → what to do with its card next

async function changes() {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
  if (!unsettled) headers["X-Board-Tag"] = known;
  try {
    const response = await fetch(`${polls.address()}&seen=${head()?.stamp ?? ""}`, { headers, cache: "no-store", signal: AbortSignal.timeout(WAIT) });
    const to = response.headers.get("HX-Redirect");
    if (to) location.assign(to);
    else if (response.ok) return [response.headers.get("X-Board-Tag"), await response.text()];
  } catch {
  }
  return [];
}

async function poll() {
  if (document.hidden || asking || polls.isBusy()) return;
  const lead = openLead();
  asking = changes();
  const [tag, html] = await asking;
  asking = null;
  if (!tag || polls.isBusy()) return;
  unsettled = tag !== known || lead !== openLead();
  known = tag;
  if (html) polls.refresh?.(html);
  unsettled = polls.renew(lead, html) || unsettled; // a part of it waits
}

setInterval(poll, POLL);
for (const news of ["visibilitychange", "leadbook:said"]) on(news, poll);

/* --- the board: to move a card is to submit its form --- */

(() => {
  const MOST_CARDS = 100;
  const OWN = 10000;
  const SEEN = 20;
  const FRESH = ".card:not([data-roved])"; // whom nothing was done to yet
  const TOKEN = "csrfmiddlewaretoken";
  const board = byId("columns");
  if (!board || board.matches("[data-single]")) return;

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");
  const cardOf = (node) => node?.closest?.(".card") ?? null;
  const columns = () => [...board.querySelectorAll(".column")];
  const columnOf = (status) => byId(`column-${status}`);
  const listOf = (column) => column.querySelector(".cards");
  const cardsOf = (column) => [...column.querySelectorAll(".card")];
  const linkOf = (card) => card.querySelector(".card-name a");
  const nameOf = (card) => linkOf(card).textContent;
  const createdOf = (card) => card.dataset.created;
  const say = (text, card, status) => fill(texts[text], { name: nameOf(card), stage: columnOf(status)?.querySelector("h2").textContent });
  const byLead = (lead) => board.querySelector(`.card[data-lead-id="${CSS.escape(lead)}"]`);

  function focus(card) {
    linkOf(card).focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function reveal(card) {
    const list = card.parentElement;
    const [box, view] = [card.getBoundingClientRect(), list.getBoundingClientRect()];
    list.scrollTop += Math.min(0, box.top - view.top) + Math.max(0, box.bottom - view.bottom);
  }

  function setTotal(column, total) {
    const { status } = column.dataset;
    column.dataset.total = total;
    const text = total === "" ? "–" : Number(total).toLocaleString(document.documentElement.lang, { useGrouping: "always" });
    const tab = tabs.find((one) => one.dataset.status === status);
    for (const shown of [column.querySelector("[data-number]"), tab.querySelector(".count")]) shown.textContent = text;
  }

  function count({ dataset: { status } }, step) {
    const column = columnOf(status);
    if (column.dataset.total) setTotal(column, Number(column.dataset.total) + step);
  }

  /* By halves: a column may hold a thousand. */
  function indexOf(cards, isFound) {
    let [first, end] = [0, cards.length];
    while (first < end) {
      const middle = (first + end) >> 1;
      if (isFound(cards[middle])) end = middle;
      else first = middle + 1;
    }
    return first;
  }

  function nextOf(card, column) {
    const cards = cardsOf(column);
    return cards[indexOf(cards, (other) => createdOf(other) < createdOf(card))] ?? listOf(column).querySelector(".more");
  }

  const place = (card, column) => listOf(column).insertBefore(card, nextOf(card, column));

  /* Tab reaches one card of each column. Only what changes is touched. */
  const stops = new Map();
  let late;

  function setStop(card, tabIndex) {
    for (const control of card.querySelectorAll("a, select, button")) control.tabIndex = tabIndex;
  }

  function rove(current) {
    for (const column of columns()) {
      const [old, cards] = [stops.get(column), cardsOf(column)];
      for (const card of column.querySelectorAll(FRESH)) {
        card.dataset.roved = "";
        setStop(card, -1);
      }
      const kept = [current, old].find((card) => card && column.contains(card)) ?? cards[0];
      if (kept === old) continue;
      if (old) setStop(old, -1);
      stops.set(column, kept);
    }
    for (const kept of stops.values()) if (kept) setStop(kept, 0);
    clearTimeout(late);
    late = setTimeout(countLate);
  }

  const origins = new Map();
  const own = new Map(); // lead id → when it was moved here: a refresh may lag behind

  function submitMove(card, status) {
    const form = card.querySelector("form.move");
    if (!form || card.dataset.status === status) return;
    if (card.classList.contains("pending")) {
      wanted.set(card.dataset.leadId, (then) => submitMove(then, status));
      return;
    }
    form.elements.status.value = status;
    htmx.trigger(form, "submit"); // requestSubmit fills in forms: 20 ms with a thousand
  }

  const take = (card) => card.querySelector("form.take button")?.click();

  function shift(card, to) {
    const focused = card.contains(document.activeElement);
    place(card, columnOf(to));
    count(card, -1);
    card.dataset.status = to;
    count(card, 1);
    if (focused) focus(card);
    else reveal(card);
    rove(focused ? card : null);
  }

  function begin(card, to) {
    const from = card.dataset.status;
    origins.set(card.dataset.leadId, from);
    own.set(card.dataset.leadId, Date.now());
    card.classList.add("pending");
    card.querySelector(".card-meta").dataset.saving = texts.saving;
    card.classList.remove("refused", "changed");
    if (to) shift(card, to);
  }

  function revert(card) {
    const { leadId, status } = card.dataset;
    card.classList.remove("pending");
    if (status !== origins.get(leadId)) shift(card, origins.get(leadId));
    origins.delete(leadId);
  }

  function putBack(card) {
    if (!origins.has(card.dataset.leadId)) return;
    const isMoved = card.dataset.status !== origins.get(card.dataset.leadId);
    wanted.delete(card.dataset.leadId);
    revert(card);
    card.classList.add("refused");
    if (isMoved) announce(say("notMoved", card, card.dataset.status));
  }

  const cardForm = (event) => (event.detail.elt?.matches?.("#columns form:is(.move, .take)") ? event.detail.elt : null);
  const statusOf = (form) => form.elements.status?.value;

  on("htmx:configRequest", (event) => {
    if (cardForm(event)) event.detail.parameters.set("token", crypto.getRandomValues(new Uint32Array(4)).join("-"));
  });

  on("htmx:beforeRequest", (event) => {
    const form = cardForm(event);
    if (!form) return;
    const [card, status] = [cardOf(form), statusOf(form)];
    if (card.classList.contains("pending")) {
      event.preventDefault();
      wanted.set(card.dataset.leadId, status ? (then) => submitMove(then, status) : take);
      return;
    }
    begin(card, status);
  });

  onFailure(document, (event) => {
    const form = cardForm(event);
    if (!form) return;
    const card = cardOf(form);
    if (event.detail.xhr.status === 404) removeGone(card);
    else putBack(card);
    unsettled = true;
  });

  /* Signed in anew elsewhere: it is tried once more, with the token of a poll. */
  board.addEventListener("htmx:responseError", async (event) => {
    const form = cardForm(event);
    if (!form || form.again || !isAnew(event.detail.xhr)) return;
    event.stopPropagation();
    form.again = true;
    unsettled = true;
    const [, html = ""] = await changes();
    renewToken(parse(html));
    const card = cardOf(form);
    const status = statusOf(form);
    revert(card);
    if (status) submitMove(card, status);
    else take(card);
  });

  function renewToken(fresh) {
    const value = (page, name) => page.getElementsByName(name)[0]?.value;
    const token = value(fresh, TOKEN);
    if (!token || value(fresh, "account") !== value(document, "account")) return;
    for (const field of document.getElementsByName(TOKEN)) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrftoken": token }));
  }

  function removeGone(card) {
    const neighbour = card.contains(document.activeElement) && cardOf(card.nextElementSibling ?? card.previousElementSibling);
    if (neighbour) focus(neighbour);
    count(card, -1);
    origins.delete(card.dataset.leadId);
    card.remove();
    rove(null);
  }

  on("htmx:beforeSwap", ({ detail }) => {
    if (!detail.shouldSwap || !detail.target?.matches?.("#panel form")) return;
    const page = parse(detail.xhr.responseText);
    const lead = page.getElementById("lead-head")?.dataset.leadId;
    if (!lead || !page.querySelector(".total")) return;
    const [old, card] = [byLead(lead), page.querySelector(".card")];
    own.set(lead, Date.now());
    unsettled = true;
    keepScroll(() => {
      if (card) replaceCard(old, card, columnOf(card.dataset.status), false);
      else old?.remove();
    });
    rove(cardOf(document.activeElement));
  });

  let held = null;
  on("htmx:beforeSwap", ({ detail }) => {
    const card = detail.target?.matches?.("#columns .card") ? detail.target : null;
    held = card && {
      lead: card.dataset.leadId,
      focused: card.contains(document.activeElement),
      neighbour: card.nextElementSibling ?? card.previousElementSibling,
      refused: [409, 422].includes(detail.xhr.status),
    };
  });

  on("htmx:afterSettle", () => {
    for (const total of document.querySelectorAll(".total[data-total]")) {
      setTotal(total.closest(".column"), total.dataset.total);
      delete total.dataset.total;
    }
    if (held) swapped(held);
    held = null;
    dropDoubles();
    rove(cardOf(document.activeElement));
  });

  function swapped({ lead, focused, neighbour, refused }) {
    origins.delete(lead);
    own.set(lead, Date.now());
    unsettled = true;
    const card = byLead(lead);
    if (!card) {
      // It is another's now, and the board shows whose leads are asked for.
      wanted.delete(lead);
      if (focused && cardOf(neighbour)) focus(neighbour);
      return;
    }
    const column = columnOf(card.dataset.status);
    if (card.closest(".column") !== column) place(card, column);
    if (refused) {
      wanted.delete(lead);
      card.classList.add("refused");
    }
    if (focused) focus(card);
    const next = wanted.get(lead);
    wanted.delete(lead);
    next?.(card);
  }

  function dropDoubles() {
    for (const fresh of board.querySelectorAll(FRESH)) {
      const [card, other] = board.querySelectorAll(`#${fresh.id}`);
      if (other) (Number(card.dataset.version) < Number(other.dataset.version) ? card : other).remove();
    }
  }

  const dialog = byId("closing");
  let closing = null;

  function close(card, outcome, reason) {
    const path = card.querySelector("form.move").action.replace(/move\/$/, "close/");
    const values = { version: card.dataset.version, outcome, reason };
    htmx.ajax("POST", path, { source: card, target: card, swap: "outerHTML", values }).catch(() => undefined);
  }

  board.addEventListener("click", (event) => {
    if (!event.target.closest("[data-key=x]")) return;
    event.preventDefault();
    closing = cardOf(event.target);
    dialog.querySelector("[data-name]").textContent = nameOf(closing);
    dialog.showModal();
  });

  dialog?.querySelector(".closing-form").addEventListener("submit", ({ submitter, target }) => {
    close(closing, submitter.value, target.elements.reason.value);
    target.reset();
  });

  function aside(card, step) {
    const all = columns();
    const row = cardsOf(card.closest(".column")).indexOf(card);
    for (let at = all.indexOf(card.closest(".column")) + step; all[at]; at += step) {
      const cards = cardsOf(all[at]);
      if (cards.length) return cards[Math.min(row, cards.length - 1)];
    }
    return null;
  }

  function along(card, step) {
    const cards = cardsOf(card.closest(".column"));
    return cards[cards.indexOf(card) + step] ?? null;
  }

  const STEPS = {
    ArrowUp: (card) => along(card, -1),
    ArrowDown: (card) => along(card, 1),
    ArrowLeft: (card) => aside(card, -1),
    ArrowRight: (card) => aside(card, 1),
  };

  on("keydown", (event) => {
    if (event.key === "Escape" && drag) {
      event.preventDefault();
      return endDrag(false);
    }
    const isTyped = event.target.matches("input, select, textarea");
    return isHeld(event) || isTyped || document.querySelector("dialog:modal") || steer(event);
  });

  function steer(event) {
    const step = STEPS[event.key];
    const card = cardOf(document.activeElement);
    if (!step || (!card && document.activeElement !== document.body)) return;
    event.preventDefault();
    if (event.shiftKey && card) {
      const all = columns();
      const to = all[all.indexOf(card.closest(".column")) + { ArrowLeft: -1, ArrowRight: 1 }[event.key]];
      if (to) submitMove(card, to.dataset.status);
      return;
    }
    const target = card ? step(card) : board.querySelector(".card");
    if (target) focus(target);
  }

  /* Later cards have their list of stages in a template: leads/web/drawing.py. */
  function unfold(card) {
    const later = card?.querySelector("template");
    later?.replaceWith(later.content);
  }

  on("pointerover", ({ target }) => unfold(cardOf(target)));
  on("focusin", ({ target }) => {
    const card = cardOf(target);
    if (!board.contains(card)) return;
    unfold(card);
    rove(card);
  });

  const THRESHOLD = 6;
  const EDGE = 48;
  const SPEED = 0.5;
  let drag = null;
  const gap = document.createElement("div");
  gap.className = "gap";

  board.addEventListener("pointerdown", (event) => {
    const card = cardOf(event.target);
    const byHandle = event.target.closest(".handle");
    if (drag || event.button || !card?.querySelector("form.move") || card.classList.contains("pending")) return;
    if (event.target.closest("select, button") || (event.pointerType !== "mouse" && !byHandle)) return;
    drag = { card, pointer: event.pointerId, x: event.clientX, y: event.clientY, ghost: null, column: null };
  });

  on("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < THRESHOLD) return;
    if (!drag.ghost) lift();
    drag.at = { x: event.clientX, y: event.clientY };
    event.preventDefault();
  }, { passive: false });

  on("selectstart", (event) => { if (drag) event.preventDefault(); });

  function lift() {
    const box = drag.card.getBoundingClientRect();
    const ghost = drag.card.cloneNode(true);
    ghost.removeAttribute("id");
    ghost.inert = true;
    ghost.classList.add("dragging");
    Object.assign(ghost.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px` });
    document.body.append(ghost);
    drag.card.classList.add("lifted");
    drag.card.setPointerCapture(drag.pointer);
    document.documentElement.classList.add("dragging-card");
    drag.ghost = ghost;
    drag.at = { x: drag.x, y: drag.y };
    requestAnimationFrame(follow);
  }

  function inside(x) {
    const edges = board.getBoundingClientRect();
    return Math.max(edges.left + EDGE, Math.min(x, edges.right - EDGE));
  }

  function follow(now) {
    if (!drag?.ghost) return;
    const step = SPEED * Math.min(now - (drag.now ?? now), 50);
    drag.now = now;
    const { x, y } = drag.at;
    drag.ghost.style.transform = `translate(${x - drag.x}px, ${y - drag.y}px)`;
    board.scrollLeft += step * Math.sign(x - inside(x));
    const over = columnAt(drag.at);
    Object.assign(drag, { over, seen: drag.at });
    const target = over?.dataset.status === drag.card.dataset.status ? null : over;
    if (target !== drag.column) turnTo(target);
    requestAnimationFrame(follow);
  }

  function columnAt({ x, y }) {
    const under = document.elementFromPoint(inside(x), y)?.closest(".column, .stages a, [data-outcome]");
    return under?.dataset.outcome ? under : under && columnOf(under.dataset.status);
  }

  function turnTo(column) {
    drag.column?.classList.remove("drop");
    gap.remove();
    drag.column = column;
    if (!column) return;
    column.classList.add("drop");
    if (column.dataset.outcome) return;
    const [list, next] = [listOf(column), nextOf(drag.card, column)];
    const [top, bottom] = [list.scrollTop, list.scrollTop + list.clientHeight];
    const at = next?.offsetTop ?? top;
    gap.textContent = (at > bottom && texts.below) || (at < top && texts.above) || "";
    gap.style.height = `${drag.card.offsetHeight}px`;
    list.insertBefore(gap, next);
  }

  function endDrag(dropped) {
    const { card, ghost, at, seen } = drag;
    const over = at === seen ? drag.over : columnAt(at);
    if (ghost) turnTo(null);
    drag = null;
    if (!ghost) return;
    ghost.remove();
    card.classList.remove("lifted");
    document.documentElement.classList.remove("dragging-card");
    swallowClick();
    if (!dropped || !over) return;
    if (over.dataset.outcome) close(card, over.dataset.outcome, over.dataset.reason);
    else submitMove(card, over.dataset.status);
  }

  /* The click that ends a drag or a long press is none; it may never come. */
  function swallowClick() {
    const done = new AbortController();
    const once = { capture: true, signal: done.signal };
    window.addEventListener("click", (event) => {
      event.preventDefault();
      event.stopPropagation();
      done.abort();
    }, once);
    for (const next of ["pointerdown", "keydown"]) window.addEventListener(next, () => done.abort(), once);
  }

  const LONG = 450;
  let press = null;
  let isPressed = false;

  on("pointerdown", ({ target, pointerType }) => {
    const card = cardOf(target);
    for (const other of board.querySelectorAll(".card.controls")) {
      if (other !== card) other.classList.remove("controls");
    }
    isPressed = false;
    if (pointerType === "mouse" || !card?.querySelector("form.move")) return;
    press = setTimeout(() => {
      isPressed = true;
      card.classList.add("controls");
    }, LONG);
  });

  for (const end of ["pointerup", "pointercancel"]) {
    on(end, ({ pointerId }) => {
      if (pointerId === drag?.pointer) endDrag(end === "pointerup");
      clearTimeout(press);
      if (isPressed) swallowClick();
      isPressed = false;
    });
  }

  /* The browser's menu of the link would lie over the controls. */
  board.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "touch" && cardOf(event.target)) event.preventDefault();
  });


  const PHONE = matchMedia("(max-width: 40rem)");
  const tabs = [...document.querySelectorAll(".stages a")];

  function choose(status) {
    for (const tab of tabs) tab.setAttribute("aria-current", tab.dataset.status === status);
    sessionStorage.stage = status;
  }

  const turnBoard = (status) => columnOf(status)?.scrollIntoView({ block: "nearest", inline: "start" });

  board.addEventListener("scroll", () => {
    if (!PHONE.matches) return;
    const all = columns();
    choose(all[Math.round(board.scrollLeft / all[0].offsetWidth)].dataset.status);
  });

  for (const tab of tabs) {
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      turnBoard(tab.dataset.status);
    });
  }

  if (PHONE.matches && !location.hash) turnBoard(sessionStorage.stage);

  const OPEN_LIST = CSS.supports("selector(:open)") ? "select:open" : "select:focus";
  const isBusy = () => drag || origins.size > 0 || board.querySelector(OPEN_LIST);

  function address() {
    const show = columns().map((column, index) => Math.min(Math.max(cardsOf(column).length, before[index]?.[0] ?? 0), MOST_CARDS));
    const rest = new URLSearchParams(location.search);
    rest.delete("show");
    return `${location.pathname}?show=${show}&${rest}`;
  }

  function refresh(html) {
    const fresh = parse(html);
    const news = [];
    keepScroll(() => {
      for (const card of fresh.querySelectorAll(".card")) update(card, news);
      for (const column of fresh.querySelectorAll(".column")) trim(column, fresh, news);
    });
    rove(cardOf(document.activeElement));
    if (news.length) announce(news.length > 3 ? fill(texts.many, { number: news.length }) : news.join(" "));
  }

  function update(fresh, news) {
    const old = board.querySelector(`#${fresh.id}`); // found at once among a thousand
    const isSame = ["version", "status", "note"].every((name) => old?.dataset[name] === fresh.dataset[name]);
    if (isSame || Number(fresh.dataset.version) < Number(old?.dataset.version)) return;
    const status = fresh.dataset.status;
    const last = cardsOf(columnOf(status)).at(-1);
    const filler = !old && last && createdOf(fresh) <= createdOf(last);
    if (!old && !filler) news.push(say("new", fresh, status));
    if (old) news.push(say(old.dataset.status === status ? "changed" : "elsewhere", fresh, status));
    replaceCard(old, document.importNode(fresh, true), columnOf(status), !filler);
  }

  function replaceCard(old, card, column, isNews) {
    const focused = old?.contains(document.activeElement);
    if (old?.closest(".column") === column) old.replaceWith(card);
    else {
      old?.remove();
      place(card, column);
    }
    card.classList.toggle("changed", isNews);
    htmx.process(card);
    refreshAges(card);
    if (focused) focus(card);
  }

  function trim(fresh, all, news) {
    const column = columnOf(fresh.dataset.status);
    setTotal(column, fresh.dataset.total);
    column.querySelector(".waiting").replaceWith(document.importNode(fresh.querySelector(".waiting"), true));
    const shown = cardsOf(fresh);
    const more = fresh.querySelector(".more");
    const oldest = more && shown.length ? createdOf(shown.at(-1)) : "";
    const present = new Set([...all.querySelectorAll(".card")].map((card) => card.dataset.leadId));
    for (const card of cardsOf(column)) {
      const { leadId } = card.dataset;
      const recent = Date.now() - (own.get(leadId) ?? 0) < OWN;
      if (present.has(leadId) || recent || createdOf(card) <= oldest) continue;
      news.push(say("left", card, column.dataset.status));
      card.remove();
    }
    if (cardsOf(column).length <= shown.length) renewMore(listOf(column), more);
  }

  function renewMore(list, more) {
    list.querySelector(".more")?.remove();
    if (!more) return;
    const link = document.importNode(more, true);
    list.append(link);
    htmx.process(link);
  }

  /* Once for all changes: each time is rounded to a pixel. */
  function keepScroll(change) {
    const read = columns().filter((column) => listOf(column).scrollTop).map((column) => {
      const [cards, { scrollTop }] = [cardsOf(column), listOf(column)];
      const first = indexOf(cards, (card) => card.offsetTop >= scrollTop);
      return [column, cards.slice(first, first + SEEN).map((card) => [card.id, card.getBoundingClientRect().top])];
    });
    change();
    for (const [column, seen] of read) {
      const [id, top] = seen.find(([one]) => column.querySelector(`#${one}`)) ?? [];
      if (id) listOf(column).scrollTop += byId(id).getBoundingClientRect().top - top;
    }
  }

  /* Who comes back finds the cards that were there, scrolled as they were. */
  const PLACES = `board-places ${new URLSearchParams(location.search).get("owner")}`;
  let before = [];

  window.addEventListener("pagehide", () => {
    const places = columns().map((column) => [cardsOf(column).length, listOf(column).scrollTop]);
    sessionStorage[PLACES] = JSON.stringify(places);
  });

  function scrollBack() {
    before.forEach(([, top], index) => { listOf(columns()[index]).scrollTop = top; });
    const card = byLead(openLead()) ?? cardOf(byId(location.hash.slice(1)));
    if (card) reveal(card);
  }

  async function comeBack() {
    before = JSON.parse(sessionStorage[PLACES] ?? "[]");
    scrollBack();
    if (before.some(([count], index) => count > cardsOf(columns()[index]).length)) {
      await poll();
      scrollBack();
    }
    before = [];
  }

  polls = { isBusy, address, refresh };
  if (openLead() || location.hash || performance.getEntriesByType("navigation")[0]?.type !== "navigate") comeBack();
  rove(null);
})();

/* --- a lead in a panel, or on its page, and the keys of board, panel and list --- */

(() => {
  const panel = byId("panel") ?? document.querySelector("main > .lead");
  if (!panel) return;

  const body = byId("panel-body") ?? panel;
  const shortcuts = byId("shortcuts");
  const isList = byId("changelist");
  const HOLDERS = ".card, tr[data-lead-id]";
  const LINKS = ".card .card-name a, tr[data-lead-id] th a";
  const PARTS = "#lead-head,#lead-message,#timeline,#lead-details";
  const phone = matchMedia("(max-width: 47.9375rem)");
  const roomy = matchMedia("(min-width: 68.75rem)");

  const idOf = (link) => link.closest("[data-lead-id]").dataset.leadId;
  const holderOf = (node) => node?.closest?.(HOLDERS);
  const linkOf = (id) => document.querySelector(`[data-lead-id="${CSS.escape(id)}"] :is(.card-name, th) a`);
  const title = () => byId("lead-title");
  const focusTitle = () => title()?.focus({ preventScroll: true });
  const hasRoom = () => panel.show && (!isList || roomy.matches || phone.matches);

  function address(id) {
    const rest = new URLSearchParams(location.search);
    rest.delete("lead");
    if (id) rest.set("lead", id);
    return rest.size ? `${location.pathname}?${rest}` : location.pathname;
  }

  let lead = openLead();
  let base = address("");
  let column = null; // of the lead when it was opened: without one, the whole list
  let at = 0;
  let loading = "";

  function neighbour(step, id = lead) {
    column ??= linkOf(id)?.closest(".column");
    const links = [...(column ?? document).querySelectorAll(LINKS)];
    const found = links.findIndex((link) => idOf(link) === id);
    if (found >= 0) at = found;
    return links[found >= 0 ? found + step : at + Math.min(step, 0)];
  }

  function mark() {
    for (const link of document.querySelectorAll(`:is(${HOLDERS}) [aria-current]`)) link.removeAttribute("aria-current");
    if (lead) linkOf(lead)?.setAttribute("aria-current", "true");
    for (const button of panel.querySelectorAll("[data-step]")) button.disabled = !neighbour(Number(button.dataset.step));
  }

  /* What a modal dialog covers says nothing: toasts come along. */
  const tell = (where) => where.append(byId("announcer"), byId("toasts"));

  function show() {
    if (panel.open) return;
    if (phone.matches) panel.showModal();
    else panel.show();
    document.body.classList.add("beside");
    tell(phone.matches ? panel : document.body);
  }

  /* With what follows it: the end of a column brings more. */
  function reveal() {
    const holder = holderOf(linkOf(lead));
    for (const each of [holder?.nextElementSibling, holder]) each?.scrollIntoView({ block: "nearest" });
  }

  async function load(href) {
    const path = `${href}panel/`;
    loading = path;
    panel.setAttribute("aria-busy", "true");
    show();
    mark();
    reveal();
    await htmx.ajax("GET", path, { source: linkOf(lead) ?? panel, target: body, swap: "innerHTML" }).catch(() => undefined);
    if (loading !== path) return;
    loading = "";
    panel.removeAttribute("aria-busy");
    if (!title()) leave();
    else if (page() && page() !== href) keep();
  }

  /* Nobody answered: the lead that is shown stays. */
  function keep() {
    lead = shown();
    history.replaceState({ ...history.state, href: page() }, "", address(lead));
    mark();
  }

  function open(id, href) {
    if (panel.open && id === lead && loading) return null;
    if (panel.open) history.replaceState({ ...history.state, href }, "", address(id));
    else {
      // Going back to what htmx knows would load the page anew.
      if (history.state?.htmx) history.replaceState({}, "");
      history.pushState({ href, pushed: true }, "", address(id));
      column = null;
    }
    lead = id;
    return load(href);
  }

  const openLink = (link) => open(idOf(link), link.pathname);

  function hide() {
    const link = lead && linkOf(lead);
    lead = "";
    loading = "";
    panel.removeAttribute("aria-busy");
    if (panel.open) panel.close();
    document.body.classList.remove("beside");
    tell(document.body);
    body.replaceChildren();
    mark();
    if (link) link.focus();
  }

  function leave() {
    if (history.state?.pushed) return history.back();
    history.replaceState({}, "", address(""));
    return hide();
  }

  window.addEventListener("popstate", () => {
    if (address("") !== base) return location.reload();
    const id = openLead();
    if (id === lead) return null;
    if (!id) return hide();
    lead = id;
    column = null;
    return history.state?.href ? load(history.state.href) : location.reload();
  });

  on("htmx:pushedIntoHistory", () => {
    base = address("");
    if (panel.open && !openLead()) hide();
  });

  on("click", async (event) => {
    const link = event.target.closest?.(`${LINKS}, [data-key][href*="#"], #found a[data-lead-id]`);
    if (!link || event.button || isHeld(event) || event.shiftKey || event.defaultPrevented || !hasRoom()) return;
    event.preventDefault();
    if (link.closest("#found")) byId("search").value = "";
    await openLink(link);
    byId(link.hash.slice(1))?.focus();
  });

  panel.addEventListener("click", (event) => {
    const { target } = event;
    if (target.closest("[data-leave]")) {
      event.preventDefault();
      leave();
    }
    const step = target.closest("[data-step]");
    if (step) go(Number(step.dataset.step));
    const away = target.closest("[data-delete]");
    const next = away && (neighbour(1) ?? neighbour(-1));
    if (next) away.search = new URLSearchParams([...new URLSearchParams(away.search), ["after", idOf(next)]]);
  });

  panel.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  panel.addEventListener("close", () => { if (lead && !panel.open) leave(); });
  phone.addEventListener("change", () => {
    if (!panel.open) return;
    panel.close();
    show();
  });

  on("htmx:beforeSwap", ({ detail }) => {
    if (detail.target !== body) return;
    detail.shouldSwap = detail.pathInfo.requestPath === loading && [200, 404].includes(detail.xhr.status);
    if (detail.xhr.status === 404) detail.isError = false;
  });

  body.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target !== body || !loading) return;
    panel.scrollTop = 0;
    focusTitle();
  });

  /* A swap takes no focus away, and gives none to who only reads. */
  const isNowhere = () => document.activeElement === document.body;
  let wasNowhere = false;
  on("htmx:beforeSwap", () => { wasNowhere = isNowhere(); });
  body.addEventListener("htmx:afterSettle", () => { if (isNowhere() && !wasNowhere) focusTitle(); });

  /* What somebody is changing stays until the poll after that, and what is as it was stays marked. */
  let isKept = false;
  let isPolled = false;
  on("htmx:oobBeforeSwap", ({ detail }) => {
    const { fragment, target } = detail;
    if (!target.matches(PARTS)) return;
    const isUsed = target.querySelector(".remark form, .remark-menu[open], .closing[open], .due:focus-within") && (isPolled || !target.querySelector(".htmx-request"));
    detail.shouldSwap = !isUsed && !fragment.firstElementChild?.isEqualNode(target);
    if (isUsed) isKept = true;
  });

  polls.renew = (of, html) => {
    if (loading) return true;
    if (of === lead && title() && html.includes('id="lead-head"')) renew(html);
    if (html) mark();
    if (!isKept) return false;
    isKept = false;
    head().stamp = "";
    return true;
  };

  function renew(html) {
    wasNowhere = isNowhere();
    isPolled = true;
    const row = document.querySelector(rowOf(lead));
    if (shown() === lead) htmx.swap(row ?? body, html, { swapStyle: row ? "outerHTML" : "none" }, { selectOOB: PARTS, select: "tr" });
    else htmx.swap(body, html, { swapStyle: "innerHTML" }, { select: "article.lead" });
    isPolled = false;
  }

  for (const change of ["leadbook:moved", "leadbook:closed"]) {
    on(change, ({ target, detail }) => {
      if (!wanted.has(detail.lead)) offerUndo(detail.text);
      if (!panel.contains(target)) return;
      renewRow(detail.lead);
      const next = neighbour(1) ?? neighbour(-1);
      if (next) openLink(next);
    });
  }

  const rowOf = (id) => `tr[data-lead-id="${CSS.escape(id)}"]`;

  async function renewRow(id, isGone) {
    const select = rowOf(id);
    const row = document.querySelector(select);
    if (!row) return;
    const isIn = row.contains(document.activeElement);
    neighbour(0, id);
    await (isGone || htmx.ajax("GET", base, { target: select, select, swap: "outerHTML" }).catch(() => undefined));
    mark();
    if (isIn) (linkOf(id) ?? neighbour(0, id) ?? neighbour(-1, id))?.focus();
  }

  on("leadbook:refused", ({ target, detail }) => {
    if (panel.contains(target)) panel.scrollTop = 0; // it says so
    else refuse(detail.text);
    renewRow(target.closest("[data-lead-id]")?.dataset.leadId);
  });

  on("leadbook:assigned", ({ detail }) => {
    offerUndo(detail.text, detail.act);
    renewRow(detail.lead, detail.gone);
  });

  on("leadbook:undone", async ({ detail: { lead: id } }) => {
    const href = id && (linkOf(id)?.pathname ?? (/^[\w-]+$/.test(id) && `${panel.dataset.leads}${id}/`));
    if (href && panel.open) open(id, href);
    if (isList) htmx.ajax("GET", base, { target: "#changelist", swap: "outerHTML" }).then(mark, mark);
    await asking;
    unsettled = true;
    await poll();
    if (panel.open) reveal();
    else if (!isList) linkOf(id)?.focus();
  });

  function go(step) {
    if (panel.open) {
      const link = neighbour(step);
      if (link) openLink(link);
      return;
    }
    const holder = focused();
    column = holder?.closest(".column");
    const link = holder ? neighbour(step, holder.dataset.leadId) : document.querySelector(LINKS);
    link?.focus();
  }

  const focused = () => holderOf(document.activeElement);
  const focusedLink = () => focused()?.querySelector(LINKS);

  async function say(kind, field) {
    const link = focusedLink();
    if (link && !hasRoom()) return location.assign(`${link.pathname}#${field}`);
    if (link) await openLink(link);
    byId(kind)?.click();
    return byId(field)?.focus();
  }

  function edit() {
    const link = focusedLink();
    if (!link) press("e");
    else if (panel.matches("[data-can-work]")) location.assign(`${link.pathname}edit/?${new URLSearchParams({ from: address("") })}`);
  }

  function press(key) {
    const control = (focused() ?? panel).querySelector(`[data-key="${key}"]`);
    control?.click();
    control?.closest("details[open]")?.querySelector("button")?.focus();
  }

  function close() {
    const box = document.activeElement.closest("tr")?.querySelector("[name=lead]");
    if (!box) return press("x");
    if (!box.checked) box.click();
    return document.querySelector(".bulk [name=outcome]").focus();
  }

  const KEYS = {
    j: () => go(1),
    k: () => go(-1),
    n: () => say("composer-kind_0", "composer-text"),
    r: () => say("composer-reply", "reply-body"),
    f: () => say("", "follow-up-due"),
    m: () => press("m"),
    d: () => press("d"),
    p: () => press("p"),
    x: close,
    e: edit,
    "?": () => shortcuts?.showModal(),
  };

  on("keydown", (event) => {
    if (event.key === "?" && shortcuts?.open) return shortcuts.close();
    if (event.key === "Escape") return escape(event);
    const act = !event.defaultPrevented && KEYS[command(event)];
    if (!act) return null;
    event.preventDefault();
    return act();
  });

  function escape(event) {
    const { target } = event;
    if (!panel.open || event.defaultPrevented || event.isComposing || target.closest(".site-header, select") || isCovered()) return;
    const choices = panel.querySelector(".closing[open]");
    const cancel = target.closest(".remark form")?.querySelector("a");
    event.preventDefault();
    if (cancel) cancel.click();
    else if (choices) {
      choices.open = false;
      choices.firstElementChild.focus();
    } else leave();
  }

  if (panel.open) {
    if (!hasRoom() && page()) location.replace(page());
    if (phone.matches) {
      panel.close();
      show();
    }
    focusTitle();
    mark();
    reveal();
  }
})();

/* --- the search box of the header: "/" goes there --- */

(() => {
  const box = byId("search");
  const found = byId("found");
  let before = null;
  let isOver = true;

  const options = () => [...found.querySelectorAll("[role=option]")];
  const chosen = () => found.querySelector("[aria-selected=true]");

  function choose(option) {
    const old = chosen();
    if (old) old.ariaSelected = "false";
    if (option) option.ariaSelected = "true";
    option?.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option?.id ?? "");
  }

  function show(isShown) {
    choose(null);
    found.hidden = !isShown;
    box.ariaExpanded = isShown && options().length > 0;
  }

  function close() {
    isOver = true;
    show(false);
  }

  function look() {
    isOver = false;
    box.dispatchEvent(new Event("look"));
  }

  const KEYS = {
    ArrowDown: (all, at) => all[at + 1] ?? all[0],
    ArrowUp: (all, at) => all.at(at > 0 ? at - 1 : -1),
    Home: (all, at) => at >= 0 && all[0],
    End: (all, at) => at >= 0 && all.at(-1),
    Enter: (all, at) => all[at],
  };

  function steer(event) {
    if (event.key === "ArrowDown" && found.hidden) return look();
    const all = found.hidden ? [] : options();
    const option = KEYS[event.key]?.(all, all.indexOf(chosen()));
    if (!option) return null;
    event.preventDefault();
    return event.key === "Enter" ? option.click() : choose(option);
  }

  function leave() {
    if (!found.hidden) return close();
    box.value = "";
    box.blur(); // before may be the page, which cannot be focused
    before?.focus();
    return close();
  }

  box.role = "combobox";
  box.ariaAutoComplete = "list";
  box.setAttribute("aria-controls", "found-list");
  show(false);

  box.addEventListener("keydown", (event) => {
    if (event.isComposing || isHeld(event)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      leave();
    } else steer(event);
  });
  box.addEventListener("input", () => {
    isOver = !box.value.trim();
    if (isOver) close();
    else choose(null);
  });
  box.addEventListener("focus", () => { if (box.value.trim()) look(); });
  box.addEventListener("blur", close);
  box.form.addEventListener("submit", close);
  found.addEventListener("mousedown", (event) => event.preventDefault());

  on("pointerdown", ({ target }) => { if (!box.form.contains(target)) box.blur(); });

  box.addEventListener("htmx:configRequest", (event) => { if (isOver) event.preventDefault(); });
  box.addEventListener("htmx:beforeSwap", (event) => { if (isOver) event.detail.shouldSwap = false; });
  found.addEventListener("htmx:afterSwap", () => show(!isOver));
  onFailure(box, (event) => {
    event.stopPropagation();
    found.replaceChildren(Object.assign(document.createElement("p"), { className: "found-note", textContent: texts.notSearched }));
    show(!isOver);
    announce(texts.notSearched);
  });

  on("keydown", (event) => {
    if (command(event) !== "/") return;
    event.preventDefault();
    before = document.activeElement;
    box.focus();
    box.select();
  });
})();

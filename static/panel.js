/* A lead in a panel over the board or the list, and the keys of all three. */
"use strict";

(() => {
  const texts = document.currentScript.dataset;
  const { announce, command, fill, offerUndo, toast } = window.leadbook;
  const panel = document.getElementById("panel");
  const body = document.getElementById("panel-body");
  const shortcuts = document.getElementById("shortcuts");
  const isList = !document.getElementById("columns");
  const HOLDERS = ".card, tr[data-lead-id]";
  const LINKS = ".card .card-name a, tr[data-lead-id] th a";
  const PARTS = "#lead-head,#lead-message,#timeline,#lead-details";
  const phone = matchMedia("(max-width: 47.9375rem)");
  const roomy = matchMedia("(min-width: 68.75rem)");

  const asked = () => new URLSearchParams(location.search).get("lead") ?? "";
  const idOf = (link) => link.closest("[data-lead-id]").dataset.leadId;
  const holderOf = (node) => node?.closest?.(HOLDERS) ?? null;
  const linkOf = (id) => document.querySelector(`:is(${HOLDERS})[data-lead-id="${CSS.escape(id)}"] :is(.card-name, th) a`);
  const title = () => document.getElementById("lead-title");
  /* Over a list that has no room for both, a lead has its page. */
  const hasRoom = () => !isList || roomy.matches || phone.matches;

  /* This page with the panel of a lead, or without one. */
  function address(id) {
    const query = new URLSearchParams(location.search);
    query.delete("lead");
    if (id) query.set("lead", id);
    return query.size ? `${location.pathname}?${query}` : location.pathname;
  }

  let lead = asked(); // the open one
  let base = address(""); // what the page shows
  let column = null; // where j and k go on: a column, or the whole list
  let at = 0; // which one of them it is, or was
  let loading = "";

  /* The lead before or after; one that has left makes room for its next. */
  function neighbour(step, id = lead) {
    const links = [...(column ?? document).querySelectorAll(LINKS)];
    const found = links.findIndex((link) => idOf(link) === id);
    if (found >= 0) at = found;
    return links[found >= 0 ? found + step : at + Math.min(step, 0)] ?? null;
  }

  function mark() {
    for (const link of document.querySelectorAll(`:is(${HOLDERS}) [aria-current]`)) link.removeAttribute("aria-current");
    if (lead) linkOf(lead)?.setAttribute("aria-current", "true");
    for (const button of panel.querySelectorAll("[data-step]")) button.disabled = !neighbour(Number(button.dataset.step));
  }

  /* What a modal dialog covers says nothing: toasts come along. */
  function show() {
    if (panel.open) return;
    if (phone.matches) panel.showModal();
    else panel.show();
    for (const id of ["announcer", "toasts"]) (phone.matches ? panel : document.body).append(document.getElementById(id));
  }

  async function load(href) {
    loading = `${href}panel/`;
    panel.setAttribute("aria-busy", "true");
    show();
    mark();
    try {
      // One element asks for one thing at a time.
      await window.htmx.ajax("GET", loading, { source: linkOf(lead) ?? panel, target: body, swap: "innerHTML" });
    } catch {
      // app.js has said why.
    }
    if (loading !== `${href}panel/`) return;
    loading = "";
    panel.removeAttribute("aria-busy");
    if (!title()) leave();
  }

  function open(id, href, from = linkOf(id)) {
    if (panel.open && id === lead && loading) return undefined;
    const state = { panel: id, href };
    if (panel.open) history.replaceState({ ...history.state, ...state }, "", address(id));
    else {
      // Going back to what htmx knows would load the page anew.
      if (history.state?.htmx) history.replaceState({}, "");
      history.pushState({ ...state, pushed: true }, "", address(id));
      column = from?.closest(".column") ?? null;
    }
    lead = id;
    return load(href);
  }

  const openLink = (link) => open(idOf(link), link.pathname, link);

  function hide() {
    const link = lead && linkOf(lead);
    lead = "";
    loading = "";
    panel.removeAttribute("aria-busy");
    if (panel.open) panel.close();
    for (const id of ["announcer", "toasts"]) document.body.append(document.getElementById(id));
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
    const id = asked();
    if (id === lead) return undefined;
    if (!id) return hide();
    lead = id;
    column = linkOf(id)?.closest(".column") ?? null;
    return history.state?.href ? load(history.state.href) : location.reload();
  });

  document.addEventListener("htmx:pushedIntoHistory", () => {
    base = address("");
    if (panel.open && !asked()) hide();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(`${LINKS}, #found a[data-lead-id]`);
    const isPlain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || !hasRoom()) return;
    event.preventDefault();
    if (link.closest("#found")) document.getElementById("search").value = "";
    openLink(link);
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

  /* --- what the server answers ----------------------------------------------------------- */

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target !== body) return;
    detail.shouldSwap = detail.pathInfo.requestPath === loading && [200, 404].includes(detail.xhr.status);
    if (detail.xhr.status === 404) detail.isError = false; // it says so itself
  });

  body.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target !== body || !panel.hasAttribute("aria-busy")) return;
    panel.scrollTop = 0;
    title()?.focus({ preventScroll: true });
  });

  /* What somebody types in stays. */
  const isTyped = (field) => field === document.activeElement || field.value !== field.defaultValue;
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    if ([...detail.target.querySelectorAll("textarea")].some(isTyped)) detail.shouldSwap = false;
  });

  document.addEventListener("leadbook:refreshed", ({ detail }) => {
    const fresh = detail.lead === lead && detail.page.querySelector("article.lead");
    if (fresh && title()) window.htmx.swap(body, fresh.outerHTML, { swapStyle: "none" }, { selectOOB: PARTS });
    mark();
  });

  /* The stage it has already asks for nothing. */
  panel.addEventListener("submit", (event) => {
    if (event.submitter?.getAttribute("aria-pressed") !== "true") return;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });

  document.addEventListener("leadbook:moved", ({ target, detail }) => {
    if (!panel.contains(target)) return;
    if (isList) refreshRow(detail);
    const next = neighbour(1) ?? neighbour(-1);
    if (next) openLink(next);
  });

  function refreshRow({ lead: id, name, status }) {
    const text = fill(texts.moved, { name, stage: document.getElementById(`stage-${status}`).textContent });
    offerUndo(text);
    announce(text);
    renewRow(id);
  }

  function renewRow(id) {
    const select = `tr[data-lead-id="${CSS.escape(id)}"]`;
    if (document.querySelector(select)) window.htmx.ajax("GET", base, { target: select, select, swap: "outerHTML" }).catch(() => undefined);
  }

  document.addEventListener("leadbook:assigned", ({ target, detail }) => {
    if (detail.act) offerUndo(detail.text);
    else toast(detail.text);
    announce(detail.text);
    if (!panel.contains(target)) return;
    if (isList) renewRow(detail.lead);
    // What was clicked is gone.
    document.addEventListener("htmx:afterSettle", () => title()?.focus({ preventScroll: true }), { once: true });
  });

  /* An undo brings its lead back. */
  document.addEventListener("leadbook:changed", ({ detail }) => {
    const id = detail?.lead;
    const href = id && (linkOf(id)?.pathname ?? (/^[\w-]+$/.test(id) && `${panel.dataset.leads}${id}/`));
    if (href && panel.open) open(id, href);
  });

  /* --- keys ------------------------------------------------------------------------------ */

  function go(step) {
    if (panel.open) {
      const link = neighbour(step);
      if (link) openLink(link);
      return;
    }
    const holder = holderOf(document.activeElement);
    column = holder?.closest(".column") ?? null;
    const link = holder ? neighbour(step, holder.dataset.leadId) : document.querySelector(LINKS);
    link?.focus();
  }

  const press = (key) => (holderOf(document.activeElement) ?? panel).querySelector(`[data-key="${key}"]`)?.click();

  async function note() {
    const link = holderOf(document.activeElement)?.querySelector(LINKS);
    if (link && hasRoom()) await openLink(link);
    document.getElementById("composer-text")?.focus();
  }

  function edit() {
    const link = holderOf(document.activeElement)?.querySelector(LINKS);
    if (!link) return press("e");
    const from = new URLSearchParams({ from: address("") });
    return "canWork" in panel.dataset && location.assign(`${link.pathname}edit/?${from}`);
  }

  /* R and F stay free; U is that of the undo, / that of the search. */
  const KEYS = {
    j: () => go(1),
    k: () => go(-1),
    n: note,
    m: () => press("m"),
    x: () => press("x"),
    e: edit,
    "?": () => shortcuts.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && shortcuts.open) return shortcuts.close();
    if (event.key === "Escape") return escape(event);
    const act = !event.defaultPrevented && KEYS[command(event)];
    if (!act) return undefined;
    event.preventDefault();
    return act();
  });

  function escape(event) {
    const isOthers = event.defaultPrevented || event.target.closest?.(".site-header, select") || document.querySelector("dialog:modal");
    if (panel.open && !isOthers) leave();
  }

  if (panel.open) {
    column = linkOf(lead)?.closest(".column") ?? null;
    const page = body.querySelector(".lead-details [data-copy]")?.dataset.copy;
    if (!hasRoom() && page) location.replace(page);
    if (phone.matches) {
      panel.close();
      show();
    }
    title()?.focus({ preventScroll: true });
    mark();
  }
})();

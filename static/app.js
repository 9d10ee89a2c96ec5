/* What every page shares: in the head without defer, so that `js` is set before the first paint. */
"use strict";

document.documentElement.classList.add("js");
if (document.currentScript.matches("[data-zone]")) {
  document.cookie = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax`;
}

window.leadbook = (() => {
  const texts = document.currentScript.dataset;
  const byId = (id) => document.getElementById(id);

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
      const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
      write(time, age(seconds));
      refreshTone(time, seconds);
    }
    countLate();
  }

  function refreshTone(time, seconds) {
    const limit = Number(time.dataset.limit) || Infinity;
    const [tone, words] = (seconds > 2 * limit && ["danger", texts.danger]) || (seconds > limit && ["warning", texts.warning]) || ["", ""];
    if (tone === (time.dataset.tone ?? "")) return;
    time.dataset.tone = tone;
    write(time.parentElement.querySelector("[data-words]"), words);
  }

  function countLate() {
    for (const head of document.querySelectorAll("[data-late]")) {
      const number = head.closest(".column").querySelectorAll("[data-tone=warning], [data-tone=danger]").length;
      write(head, number ? fill(head.dataset.late, { number }) : "");
    }
  }

  function announce(text) {
    const region = byId("announcer");
    if (region) region.textContent = text;
  }

  function button(textContent, className, onClick) {
    const element = document.createElement("button");
    Object.assign(element, { type: "button", className, textContent });
    element.addEventListener("click", onClick);
    return element;
  }

  /* Nothing vanishes under a pointer. */
  function expire(element, seconds) {
    setTimeout(() => {
      if (element.matches(":hover, :focus-within")) expire(element, 2);
      else element.remove();
    }, seconds * 1000);
  }

  function toast(text, { action, onAction, level = "info" } = {}) {
    const element = document.createElement("div");
    element.className = "toast";
    element.dataset.level = level;
    element.setAttribute("role", level === "info" ? "status" : "alert");
    const words = document.createElement("span");
    element.append(words);
    if (action) {
      element.append(button(action, "", () => {
        element.remove();
        onAction();
      }));
    }
    const close = button("×", "toast-close", () => element.remove());
    close.setAttribute("aria-label", texts.dismiss);
    element.append(close);
    byId("toasts")?.append(element);
    words.textContent = text;
    expire(element, 10);
    return element;
  }

  function refuse(text, source) {
    for (const old of document.querySelectorAll("#toasts [role=alert]")) {
      if (old.firstChild.textContent === text) old.remove();
    }
    const move = source?.closest?.("form:is(.move, .assign)");
    move?.reset();
    move?.classList.remove("choosing");
    toast(text, { level: "danger" });
  }

  const isAnew = (xhr) => xhr.getResponseHeader("X-Refused") === "token";

  function explain(xhr) {
    const { status } = xhr;
    const seconds = xhr.getResponseHeader("Retry-After");
    if (status === 403) return isAnew(xhr) ? texts.anew : texts.forbidden;
    if (status === 404) return texts.gone;
    if (status === 429) return seconds ? fill(texts.wait, { seconds }) : texts.tooMany;
    if (status >= 500) return texts.failed;
    return texts.notUnderstood;
  }

  /* The letter of a key that is a command: nobody types, and single keys are not switched off. */
  const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable], dialog:not(#panel)";
  function command(event) {
    const isHeld = event.ctrlKey || event.altKey || event.metaKey;
    const isMeant = !isHeld && document.body.dataset.singleKeys !== "off" && !event.target.closest?.(TYPING);
    return isMeant && event.key.length === 1 ? event.key.toLowerCase() : "";
  }

  document.addEventListener("click", async ({ target }) => {
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

  document.addEventListener("htmx:responseError", ({ detail: { xhr, elt } }) => refuse(explain(xhr), elt));
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, ({ detail }) => refuse(texts.offline, detail.elt));
  }
  document.addEventListener("htmx:load", ({ detail }) => {
    refreshAges(detail.elt);
    const box = document.querySelector(".filter-box");
    if (box && hasFilters) box.open = true;
  });

  /* Filters apply as they are chosen, and stay open on a phone meanwhile. */
  let hasFilters = false;
  document.addEventListener("toggle", ({ target }) => {
    if (target.matches?.(".filter-box")) hasFilters = target.open;
  }, true);
  document.addEventListener("change", ({ target }) => target.closest?.("form:has(> #filter-go)")?.requestSubmit());

  /* A row leads where its link does, but for who marks its text. */
  document.addEventListener("click", ({ target, ctrlKey, metaKey, shiftKey }) => {
    const row = target.closest?.(".leads tbody tr");
    if (!row || target.closest("a, input, button, .check") || !getSelection().isCollapsed) return;
    row.querySelector("th a").dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }));
  });

  let last = null;
  document.addEventListener("click", ({ target, shiftKey }) => {
    if (!target.matches?.(".bulk-form tbody input[type=checkbox]")) return;
    const boxes = [...target.form.querySelectorAll("tbody input[type=checkbox]")];
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(target)].sort((a, b) => a - b);
    if (shiftKey && from >= 0) for (const box of boxes.slice(from, to + 1)) box.checked = target.checked;
    last = target;
  });

  document.addEventListener("click", ({ target }) => {
    const chip = target.closest("[data-reason]");
    if (chip?.form) chip.form.elements.reason.value = chip.dataset.reason;
    const opener = target.closest("[data-open]");
    if (opener) byId(opener.dataset.open)?.showModal();
    target.closest("[data-close]")?.closest("dialog")?.close();
    for (const menu of document.querySelectorAll("details.user-menu[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", ({ key, target }) => {
    const menu = key === "Escape" && target.closest?.("details.user-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  /* "Move to": choosing submits, a key on the closed list only changes it. */
  const moveTo = (target) => (target.matches?.(".card .move select, .chooses select") ? target : null);
  let browsing = false;
  document.addEventListener("pointerdown", () => { browsing = false; });
  document.addEventListener("keydown", (event) => {
    const select = moveTo(event.target);
    if (!select) return;
    browsing = !["Enter", " "].includes(event.key);
    if (event.key !== "Enter" || !select.validity.valid || !select.form.classList.contains("choosing")) return;
    event.preventDefault();
    select.form.requestSubmit();
  });
  document.addEventListener("change", ({ target }) => {
    const select = moveTo(target);
    if (!select?.validity.valid) return;
    select.form.classList.toggle("choosing", browsing);
    if (!browsing) select.form.requestSubmit();
    browsing = false;
  });

  /* A server that is sent too much may hang up before it says why. */
  document.addEventListener("submit", (event) => {
    const input = event.target.querySelector("input[type=file][data-most]");
    if (!(input?.files[0]?.size > input?.dataset.most)) return;
    event.preventDefault();
    refuse(input.dataset.tooLarge);
  });

  document.addEventListener("change", ({ target }) => {
    const form = target.closest?.("form.bulk-form");
    if (!form) return;
    const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
    if (target.matches("[data-check-all]")) for (const box of boxes) box.checked = target.checked;
    const checked = boxes.filter((box) => box.checked).length;
    const all = form.querySelector("[data-check-all]");
    if (all) {
      all.checked = checked === boxes.length;
      all.indeterminate = checked > 0 && checked < boxes.length;
    }
    const count = form.querySelector("[data-checked-count]");
    if (count) count.textContent = checked ? fill(texts.selected, { number: checked }) : texts.noneSelected;
  });

  /* Leaving asks only while a reset would lose something. */
  const contents = (form) => String(new URLSearchParams(new FormData(form)));
  let sent = null;
  window.addEventListener("beforeunload", (event) => {
    if (!navigator.userActivation?.hasBeenActive) return; // browsers would not ask
    for (const form of document.querySelectorAll("[data-ask]")) {
      const fresh = form.cloneNode(true);
      fresh.reset();
      if (form !== sent && (form.dataset.ask || contents(form) !== contents(fresh))) event.preventDefault();
    }
    sent = null;
  });

  /* A form that nobody answered is filled in again: never its passwords. */
  const HERE = document.URL.split("#")[0];
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-ask]")) return;
    if (!navigator.onLine) {
      event.preventDefault();
      refuse(texts.offline);
      return;
    }
    sent = form;
    const typed = new FormData(form);
    for (const field of form.querySelectorAll("[type=password], [name=csrfmiddlewaretoken]")) typed.delete(field.name);
    sessionStorage.setItem(HERE, new URLSearchParams(typed));
  });

  /* What is being said of a lead: kept in this tab until it is stored. */
  const drafts = "form[data-draft]";
  const draftKey = (form) => `draft ${form.dataset.draft}`;

  function keepDraft({ target }) {
    const form = target.closest?.(drafts);
    if (!form) return;
    const typed = new FormData(form);
    typed.delete("csrfmiddlewaretoken");
    if (typed.get("text")) sessionStorage.setItem(draftKey(form), new URLSearchParams(typed));
    else sessionStorage.removeItem(draftKey(form));
  }

  function restoreDrafts(root) {
    for (const form of root.parentNode?.querySelectorAll(drafts) ?? []) {
      const typed = new URLSearchParams(sessionStorage.getItem(draftKey(form)) ?? "");
      if (!form.elements.text.value) for (const [name, value] of typed) form.elements[name].value = value;
    }
  }

  document.addEventListener("input", keepDraft);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches(drafts)) return;
    form.elements.at.value ||= new Date().toISOString(); // a repeat is of the same time
    keepDraft(event);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
    const form = event.target.closest(".says");
    if (form?.matches(".htmx-request") === false) form.requestSubmit();
  });
  document.addEventListener("leadbook:said", ({ target, detail }) => {
    if (target.matches(drafts)) sessionStorage.removeItem(draftKey(target));
    byId(detail.id)?.remove();
    announce(detail.text);
  });
  document.addEventListener("htmx:load", ({ detail }) => restoreDrafts(detail.elt));

  function fillAgain() {
    if (performance.getEntriesByType("navigation")[0]?.type === "navigate") sessionStorage.removeItem(document.referrer);
    const form = document.querySelector("[data-ask='']");
    const typed = sessionStorage.getItem(HERE);
    if (!form || !typed) return;
    for (const [name, value] of new URLSearchParams(typed)) if (form.elements[name]) form.elements[name].value = value;
    toast(texts.again);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-send]")?.requestSubmit();
    refreshAges();
    byId("errors")?.focus();
    setInterval(refreshAges, 60000);
    fillAgain();
    restoreDrafts(document.documentElement);
  });

  /* --- undo: this tab's last acts. An undo, whose name has a ~, is none of them. --- */

  const MOST_ACTS = 20;
  const acts = () => JSON.parse(sessionStorage.getItem("acts") ?? "[]");
  const keep = (list) => sessionStorage.setItem("acts", JSON.stringify(list.slice(-MOST_ACTS)));
  const forget = (act) => keep(acts().filter((other) => other !== act));
  const remember = (act) => {
    if (act && !act.includes("~") && !acts().includes(act)) keep([...acts(), act]);
  };
  let offered = null;
  let unanswered = 0; // what an undo has to wait for
  let waiting = false;

  function undo(act = acts().at(-1)) {
    waiting = unanswered > 0;
    if (waiting || !act) return;
    forget(act);
    offered?.remove();
    window.htmx.ajax("POST", `/changes/${act}/undo/`, { swap: "none" });
  }

  function offerUndo(text) {
    const act = acts().at(-1);
    offered?.remove();
    offered = toast(text, { action: act && texts.undo, onAction: () => undo(act) });
  }

  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (detail.requestConfig.verb === "post") unanswered += 1;
  });
  document.addEventListener("htmx:beforeOnLoad", ({ detail }) => remember(detail.xhr.getResponseHeader("X-Act")));
  document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
    if (requestConfig.verb !== "post") return;
    unanswered -= 1;
    const [, act] = requestConfig.path.match(/^\/changes\/(.+)\/undo\/$/) ?? [];
    if (!xhr.status || xhr.status === 403 || xhr.status >= 429) remember(act);
    if (waiting) undo();
  });
  document.addEventListener("leadbook:undone", ({ detail }) => {
    forget(detail.act);
    document.querySelector(`.messages [data-act="${detail.act}"]`)?.remove();
    toast(detail.text);
    document.dispatchEvent(new CustomEvent("leadbook:changed", { detail }));
  });
  document.addEventListener("leadbook:kept", ({ detail }) => {
    forget(detail.act);
    refuse(detail.text);
  });

  /* What a page was left for is told on the next one. */
  const rememberShown = (root) => {
    for (const form of root.querySelectorAll("form[data-act]")) remember(form.dataset.act);
  };
  document.addEventListener("DOMContentLoaded", () => rememberShown(document));
  document.addEventListener("htmx:load", ({ detail }) => rememberShown(detail.elt));
  document.addEventListener("submit", ({ target }) => forget(target.dataset.act));
  document.addEventListener("keydown", (event) => {
    if (command(event) === "u" && !document.querySelector("dialog:modal")) undo();
  });

  return { announce, command, countLate, fill, isAnew, offerUndo, refreshAges, refuse, toast, undo };
})();

/* The search box of the header: "/" goes there. */
"use strict";

(() => {
  const texts = document.currentScript.dataset;
  const box = document.getElementById("search");
  const found = document.getElementById("found");
  // Where the focus was before "/"; whether answers are still wanted.
  let before = null;
  let isOver = true;

  const options = () => [...found.querySelectorAll("[role=option]")];
  const chosen = () => found.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) box.setAttribute("aria-activedescendant", option.id);
    else box.removeAttribute("aria-activedescendant");
  }

  function show(isShown) {
    choose(null);
    found.hidden = !isShown;
    box.setAttribute("aria-expanded", String(isShown && options().length > 0));
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
    if (!option) return undefined;
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

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", "found-list");
  show(false);

  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
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
  // The box keeps the focus while something is clicked.
  found.addEventListener("mousedown", (event) => event.preventDefault());

  document.addEventListener("pointerdown", ({ target }) => { if (!box.form.contains(target)) box.blur(); });

  box.addEventListener("htmx:configRequest", (event) => { if (isOver) event.preventDefault(); });
  box.addEventListener("htmx:beforeSwap", (event) => { if (isOver) event.detail.shouldSwap = false; });
  found.addEventListener("htmx:afterSwap", () => show(!isOver));
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    box.addEventListener(name, (event) => {
      event.stopPropagation();
      found.replaceChildren(Object.assign(document.createElement("p"), { className: "found-note", textContent: texts.failed }));
      show(!isOver);
      leadbook.announce(texts.failed);
    });
  }

  document.addEventListener("keydown", (event) => {
    if (leadbook.command(event) !== "/") return;
    event.preventDefault();
    before = document.activeElement;
    box.focus();
    box.select();
  });
})();

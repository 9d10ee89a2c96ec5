/* What every page has. It is loaded without defer: `js` is set before the first paint. */
"use strict";

document.documentElement.classList.add("js");
if (document.currentScript.matches("[data-zone]")) {
  document.cookie = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax`;
}

window.leadbook = (() => {
  const texts = document.currentScript.dataset;

  /* Nothing vanishes under a pointer. */
  function expire(element, seconds) {
    setTimeout(() => {
      if (element.matches(":hover, :focus-within")) expire(element, 2);
      else element.remove();
    }, seconds * 1000);
  }

  function toast(text, { onUndo, level = "info" } = {}) {
    const element = document.getElementById("toast").content.firstElementChild.cloneNode(true);
    const [words, undoing] = element.children;
    element.dataset.level = level;
    element.role = level === "info" ? "status" : "alert";
    undoing.hidden = !onUndo;
    element.addEventListener("click", ({ target }) => {
      if (target.matches("button")) element.remove();
      if (target === undoing) onUndo();
    });
    document.getElementById("toasts").append(element);
    words.textContent = text;
    expire(element, 10);
    return element;
  }

  function refuse(text) {
    for (const old of document.querySelectorAll("#toasts [role=alert]")) {
      if (old.firstChild.textContent === text) old.remove();
    }
    toast(text, { level: "danger" });
  }

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
    for (const field of form.querySelectorAll("[type=password], [type=file], [name=csrfmiddlewaretoken]")) typed.delete(field.name);
    sessionStorage[HERE] = new URLSearchParams(typed);
  });

  function fillAgain() {
    if (performance.getEntriesByType("navigation")[0]?.type === "navigate") delete sessionStorage[document.referrer];
    const form = document.querySelector("[data-ask='']");
    const typed = new URLSearchParams(sessionStorage[HERE]);
    if (!form || !typed.size) return;
    for (const field of form.elements) {
      if (field.type === "checkbox") field.checked = typed.has(field.name, field.value);
      else if (typed.has(field.name)) field.value = typed.get(field.name);
    }
    toast(texts.again);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-send]")?.requestSubmit();
    document.getElementById("errors")?.focus();
    fillAgain();
  });

  return { refuse, toast };
})();

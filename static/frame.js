/* A form that is a part of another page: it tells that page how high it is. */
"use strict";

(() => {
  const origins = document.currentScript.dataset.origins.split(" ");
  let host = "";
  let asked = false;

  /* Nothing moves in the other page before the visitor did something. */
  function tell() {
    if (!host || !(asked || navigator.userActivation?.hasBeenActive)) return;
    parent.postMessage({ leadbook: "height", height: Math.ceil(document.body.getBoundingClientRect().height) }, host);
  }

  addEventListener("message", ({ data, origin, source }) => {
    if (source !== parent || !origins.includes(origin) || data?.leadbook !== "shown") return;
    host = origin;
    asked = data.acted === true;
    tell();
  });

  document.addEventListener("submit", (event) => {
    const note = document.getElementById("offline");
    if (navigator.onLine || !note) return;
    event.preventDefault();
    note.hidden = false;
  });

  document.addEventListener("DOMContentLoaded", () => {
    /* Visitors stand at the button below: what they get instead of the form begins at the top. */
    const isAnswer = document.referrer.startsWith(`${location.origin}/`) && !document.forms.length;
    document.getElementById(isAnswer ? "main" : "errors")?.focus();
    new ResizeObserver(tell).observe(document.body);
  });
})();

/* Watches whether the studio answers. A page that loses its connection says so at once, marks its content as old, and
   catches up by itself: the Run page repeats unanswered requests, other pages reload their address. */
(function () {
  "use strict";
  var LOOK_MS = 4000, AGAIN_MS = 1500, PATIENCE_MS = 15000;
  var LOST = "The studio does not answer. This page is out of date; it is updated when the studio is back.";
  var isLost = false, hasMissed = false, isLeaving = false, server = null, timer = null, banner = null;
  var fetchAsBefore = window.fetch;

  function isOurs(resource) {
    var text = typeof resource === "string" ? resource : resource.url;
    return new URL(text, window.location.href).origin === window.location.origin;
  }

  window.fetch = function (resource, options) {
    return fetchAsBefore.call(window, resource, options).then(function (response) {
      if (response.status === 401 && isOurs(resource)) { window.location.reload(); }  // it asks for its token again
      return response;
    }, function (error) {
      if (isOurs(resource) && error.name !== "AbortError") { hasMissed = true; lose(); }
      throw error;
    });
  };

  function show() {
    if (!banner) {
      banner = document.createElement("div");
      banner.id = "connection";
      banner.setAttribute("role", "alert");
      document.body.prepend(banner);
    }
    banner.textContent = isLost ? LOST : "";
    banner.hidden = !isLost;
    document.documentElement.classList.toggle("lost", isLost);
  }

  function lose() {
    if (isLost || isLeaving) { return; }
    isLost = true;
    show();
    look(AGAIN_MS);
  }

  function find(health) {
    var isAnother = server !== null && health.server !== server, wasLost = isLost;
    server = health.server;
    isLost = false;
    if (wasLost) { show(); }
    if (!isAnother && !(wasLost && hasMissed)) { return; }
    hasMissed = false;
    var moves = window.dash_clientside && window.dash_clientside.moves;
    if (isAnother || !document.getElementById("plan-answer") || !moves) { window.location.reload(); return; }
    moves.again();
  }

  function look(after) {
    clearTimeout(timer);
    timer = setTimeout(function () {
      if (document.hidden && !isLost) { look(LOOK_MS); return; }
      var waits = new AbortController(), late = setTimeout(function () { waits.abort(); }, PATIENCE_MS);
      fetchAsBefore.call(window, "/health", {cache: "no-store", signal: waits.signal}).then(function (response) {
        return response.json();
      }).then(find, lose).then(function () { clearTimeout(late); look(isLost ? AGAIN_MS : LOOK_MS); });
    }, after);
  }

  window.addEventListener("pagehide", function () { isLeaving = true; });
  window.addEventListener("pageshow", function () { isLeaving = false; });
  window.addEventListener("offline", lose);
  window.addEventListener("online", function () { look(0); });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { look(0); } });
  look(0);

  /* An answer to what was asked before is marked as old from the moment something else is asked. */
  window.studioOld = function (place, isOld, text) {
    if (!place || place.classList.contains("old") === isOld) { return; }
    place.classList.toggle("old", isOld);
    var note = place.previousElementSibling;
    if (!note || !note.classList.contains("old-note")) {
      note = document.createElement("p");
      note.className = "old-note";
      note.setAttribute("role", "status");
      place.before(note);
    }
    note.textContent = isOld ? text : "";
  };

  // Pages whose answer a button requests: the note on the old answer while a new one is computed.
  var OLD = "This is the answer to what was asked before.";

  function watched(area) {
    var run = document.getElementById(area.id.replace(/-answer$/, "-run"));
    if (!run || area.dataset.watched) { return; }
    area.dataset.watched = "1";
    new MutationObserver(function () { window.studioOld(area, false, ""); }).observe(area, {childList: true});
    new MutationObserver(function () {
      if (run.disabled && area.children.length) { window.studioOld(area, true, OLD); }
    }).observe(run, {attributes: true, attributeFilter: ["disabled"]});
  }

  new MutationObserver(function () {
    document.querySelectorAll(".answer-area[id$='-answer']").forEach(watched);
  }).observe(document.documentElement, {childList: true, subtree: true});
}());

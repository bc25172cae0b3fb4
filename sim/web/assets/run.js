/* The Plan page: the answer stays in sight, groups of levers open one at a time, and a lever is found by its name. */
(function () {
  "use strict";
  var SVG = "http://www.w3.org/2000/svg", TRIES = 200, TRY_MS = 40, SHOWN_MS = 2500;

  /* --- the curve of the bar: numbers are shares of the width and of the height, from the lower left */

  function part(kind, attributes) {
    var made = document.createElementNS(SVG, kind);
    Object.keys(attributes).forEach(function (name) { made.setAttribute(name, attributes[name]); });
    return made;
  }

  function path(points) {
    return points.map(function (at, i) { return (i ? "L" : "M") + (100 * at[0]).toFixed(2) + " " + (100 - 100 * at[1]).toFixed(2); }).join("");
  }

  function draw(place) {
    var text = place.getAttribute("data-curve");
    if (place.curveText === text) { return; }
    place.curveText = text;
    var data = JSON.parse(text), made = part("svg", {viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true"});
    var top = 100 - 100 * data.target;
    made.append(part("line", {"class": "target", x1: 0, x2: 100, y1: top, y2: top}),
      part("path", {"class": "band", d: path(data.low.concat(data.high.slice().reverse())) + "Z"}));
    if (data.promised.length) { made.append(part("path", {"class": "promised", d: path(data.promised)})); }
    made.append(part("path", {"class": "median", d: path(data.median)}));
    place.replaceChildren(made);
  }

  /* --- the bar is there while the sentence of the answer, or its curve, is not */

  var seen = new Map();
  var watcher = new IntersectionObserver(function (changes) {
    changes.forEach(function (change) { seen.set(change.target, change.isIntersecting); });
    needed();
  }, {rootMargin: "-56px 0px 0px 0px", threshold: 0.35});
  var watched = [];

  function needed() {
    var bar = document.getElementById("plan-mini");
    if (!bar) { return; }
    var out = watched.length > 0 && watched.some(function (place) { return seen.get(place) === false; });
    bar.classList.toggle("is-needed", out);
    bar.tabIndex = out ? 0 : -1;
  }

  function watch() {
    var now = ["#plan-answer .headline", "#plan-exhibit-0 .figure"].map(function (found) { return document.querySelector(found); })
      .filter(Boolean);
    if (now.length === watched.length && now.every(function (place, i) { return place === watched[i]; })) { return; }
    watcher.disconnect();
    seen.clear();
    watched = now;
    watched.forEach(function (place) { watcher.observe(place); });
    needed();
  }

  var waits = false;
  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      if (change.type === "attributes") { draw(change.target); }
    });
    if (waits) { return; }
    waits = true;
    requestAnimationFrame(function () {
      waits = false;
      document.querySelectorAll("[data-curve]").forEach(draw);
      watch();
    });
  }).observe(document.documentElement, {childList: true, subtree: true, attributes: true, attributeFilter: ["data-curve"]});

  /* --- one group at a time */

  document.addEventListener("click", function (event) {
    var summary = event.target.closest ? event.target.closest(".plan-levers .section > summary") : null;
    if (!summary || summary.parentElement.open) { return; }
    document.querySelectorAll(".plan-levers .section[open]").forEach(function (other) {
      if (other !== summary.parentElement) { other.open = false; }
    });
  });

  /* --- a lever is found by its name: its group opens, and the focus goes to it */

  function control(value) {
    var at = value.lastIndexOf("|"), id = {path: value.slice(at + 1), type: ""};
    return ["plan-lever", "plan-switch"].map(function (type) {
      id.type = type;
      return document.getElementById(JSON.stringify(id));
    }).filter(Boolean)[0];
  }

  function open(name) {
    var heading = document.getElementById(JSON.stringify({name: name, type: "plan-heading"}));
    if (heading && !heading.parentElement.open) { heading.click(); }
  }

  function show(value, tries) {
    var found = control(value);
    if (!found) {
      if (tries > 0) { setTimeout(show, TRY_MS, value, tries - 1); }
      return;
    }
    var lever = found.closest(".lever, .criterion") || found;
    lever.scrollIntoView({block: "center"});
    found.focus({preventScroll: true});
    lever.classList.add("found");
    setTimeout(function () { lever.classList.remove("found"); }, SHOWN_MS);
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.run = {
    found: function (value) {
      if (!value) { return window.dash_clientside.no_update; }
      open(value.slice(0, value.lastIndexOf("|")));
      show(value, TRIES);
      return null;
    }
  };
}());

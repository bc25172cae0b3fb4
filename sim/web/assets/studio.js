/* What no callback on the server can do: which tab asks, the address and the links that keep it, the title, and saying
   that a page was left. */
(function () {
  "use strict";

  function freshName() {
    var numbers = new Uint32Array(4);
    window.crypto.getRandomValues(numbers);
    return Array.prototype.map.call(numbers, function (n) { return n.toString(16).padStart(8, "0"); }).join("");
  }
  var tab = freshName();

  // Every request says which tab asks, so that its jobs end with it.
  var fetchAsBefore = window.fetch;
  window.fetch = function (resource, options) {
    var url = new URL(typeof resource === "string" ? resource : resource.url, window.location.href);
    if (url.origin === window.location.origin) {
      options = Object.assign({}, options);
      var headers = new Headers(options.headers || (resource.headers || {}));
      headers.set("X-Tab", tab);
      options.headers = headers;
    }
    return fetchAsBefore.call(window, resource, options);
  };

  window.addEventListener("pagehide", function () {
    navigator.sendBeacon("/left", tab);
  });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) { window.location.reload(); }  // back to a page whose jobs were ended
  });

  // What opens a file has no name of its own for a screen reader.
  new MutationObserver(function () {
    document.querySelectorAll("input[type=file]:not([aria-label])").forEach(function (input) {
      var around = input.parentElement;
      input.setAttribute("aria-label", (around && around.textContent.trim()) || "Choose a file");
    });
  }).observe(document.documentElement, {childList: true, subtree: true});

  // A field reports some time after its last key. What a button or Enter asks for has all that was typed before it.
  var TYPED = ["NumberInput", "TextInput", "Textarea", "Autocomplete", "DateInput"].map(function (kind) {
    return ".mantine-" + kind + "-input";
  }).join();
  var DAY = /^\d{4}-\d\d-\d\d$/;
  var typed = null;
  function reportTyped() {
    if (!typed || !typed.id || !typed.isConnected) { return; }
    var id = typed.id.charAt(0) === "{" ? JSON.parse(typed.id) : typed.id, value = typed.value;
    if (typed.matches(".mantine-NumberInput-input")) {
      value = parseFloat(value.replace(/,/g, ""));  // units follow the number
      if (isNaN(value)) { value = ""; }
    }
    if (typed.matches(".mantine-DateInput-input")) {
      if (value && !(DAY.test(value) && isDay(value))) { return; }  // a part of a date, or none: the field says so
      value = value || null;
    }
    typed = null;
    var known = window.dash_component_api.getLayout(id);
    if (known && known.props.minDate && value < known.props.minDate) { return; }  // the field goes back
    var had = known && known.props.value;
    if (known && (had === undefined ? null : had) !== value) { window.dash_clientside.set_props(id, {value: value}); }
  }
  function isDay(text) {
    var day = new Date(text + "T00:00:00Z");
    return !isNaN(day) && day.toISOString().slice(0, 10) === text;
  }
  document.addEventListener("input", function (event) {
    typed = event.target.matches(TYPED) ? event.target : null;
  }, true);
  /* A day that is picked is in its field some turns later, and is reported later still. A button waits for it. */
  var DAY_TRIES = 25;
  var dated = null, isPicked = false, after = null;
  document.addEventListener("focusin", function (event) {
    if (event.target.matches(".mantine-DateInput-input")) { dated = event.target; }
  });
  function awaitDay(before, tries) {
    if (dated && dated.value === before && tries > 0) { setTimeout(awaitDay, 0, before, tries - 1); return; }
    var button = after;
    isPicked = false;
    after = null;
    typed = dated;
    if (button) { button.click(); }
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("button, a") : null;
    if (!button) { return; }
    if (button.matches(".mantine-DateInput-day")) {
      isPicked = true;
      typed = null;
      setTimeout(awaitDay, 0, dated && dated.value, DAY_TRIES);
    } else if (isPicked) {
      event.preventDefault();
      event.stopImmediatePropagation();
      after = button;
    } else {
      reportTyped();
    }
  }, true);
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.tagName !== "TEXTAREA") { reportTyped(); }
  }, true);

  /* What was moved or typed just before may still be on its way into the address. Links wait for it, and so do buttons
     that keep or copy what the address says: until Dash has no callback to run or to hear of that leads there. */
  var WAITING = "a[href]:not([href^='#']), button.waits, [data-copy-link]";
  var LISTS = ["requested", "prioritized", "blocked", "executing", "watched", "executed"];
  var INTO_ADDRESS = /shell-query\.data@|new-(pressed|told|done)\.data|plan-(touched|moved|shown)\.data|shell-nothing\.children|\.href\b/;
  var held = null;

  function isUnderWay() {
    var callbacks = window.store.getState().callbacks;
    if (document.documentElement.classList.contains("lost") && window.dash_clientside.moves.isWaiting()) { return true; }
    return LISTS.some(function (list) {
      return callbacks[list].some(function (one) { return INTO_ADDRESS.test(one.callback.output); });
    });
  }

  /* Whether a link that a callback makes is on the page as it was made. */
  function isDrawn(link) {
    var made = link.id && link.href && !link.matches(".keeps-scenario") && window.dash_component_api.getLayout(link.id);
    return !made || made.props.href === undefined || made.props.href === link.getAttribute("href");
  }

  function hold(target, event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held) { held.release(); }  // the last one pressed counts
    var how = {bubbles: true, cancelable: true, shiftKey: event.shiftKey, metaKey: event.metaKey,
      ctrlKey: event.ctrlKey || event.button === 1};  // the middle button opens a tab, as Ctrl does
    var stop = window.store.subscribe(function () { setTimeout(follow); });
    var mine = held = {release: function () { stop(); target.removeAttribute("aria-busy"); held = null; }};
    function follow() {
      if (held !== mine || isUnderWay()) { return; }
      if (!isDrawn(target)) { setTimeout(follow); return; }
      mine.release();
      target.dispatchEvent(new MouseEvent("click", how));
    }
    target.setAttribute("aria-busy", "true");
  }

  ["click", "auxclick"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var target = event.target.closest ? event.target.closest(WAITING) : null;
      if (!target || event.button > 1) { return; }
      if (isUnderWay()) { hold(target, event); return; }
      if (held) { held.release(); }
      if (!target.matches("a.keeps-scenario:not([download])") || event.button || event.ctrlKey || event.metaKey ||
        event.shiftKey || event.altKey) { return; }
      event.preventDefault();
      window.history.pushState(null, "", target.getAttribute("href"));
      window.dispatchEvent(new PopStateEvent("popstate"));  // as dcc.Location hears of it
      window.scrollTo(0, 0);
    }, true);
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.studio = {
    titled: function (title) {
      document.title = title && title !== "Home" ? title + " – trialclock studio" : "trialclock studio";
      document.querySelectorAll("a.nav-link").forEach(function (link) {
        if (link.getAttribute("href").split("?")[0] === window.location.pathname) {
          link.setAttribute("aria-current", "page");
          var nav = link.parentElement;  // where the window is narrow, the open page is in sight
          nav.scrollLeft = link.offsetLeft - nav.offsetLeft - (nav.clientWidth - link.clientWidth) / 2;
        } else {
          link.removeAttribute("aria-current");
        }
      });
      return "";
    },

    // The address names the scenario as it now is, and so do the links to other pages.
    addressed: function (query, path) {
      query = query || "";
      if (window.location.search !== query) {
        window.history.replaceState(window.history.state, "", path + query + window.location.hash);
      }
      window.dash_clientside.plan.fresh();
      document.querySelectorAll("a.keeps-scenario").forEach(function (link) {
        link.setAttribute("href", link.getAttribute("href").split("?")[0] + query);
      });
      return "";
    }
  };
}());

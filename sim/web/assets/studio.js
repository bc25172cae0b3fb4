/* What no callback on the server can do: which tab asks, the address, the title, and saying that a page was left. */
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
  var TYPED = ["NumberInput", "TextInput", "Textarea", "Autocomplete"].map(function (kind) {
    return ".mantine-" + kind + "-input";
  }).join();
  var typed = null;
  function reportTyped() {
    if (!typed || !typed.id || !typed.isConnected) { return; }
    var id = typed.id.charAt(0) === "{" ? JSON.parse(typed.id) : typed.id, value = typed.value;
    if (typed.matches(".mantine-NumberInput-input")) {
      value = parseFloat(value.replace(/,/g, ""));  // units follow the number
      if (isNaN(value)) { value = ""; }
    }
    typed = null;
    var known = window.dash_component_api.getLayout(id);
    if (known && known.props.value !== value) { window.dash_clientside.set_props(id, {value: value}); }
  }
  document.addEventListener("input", function (event) {
    typed = event.target.matches(TYPED) ? event.target : null;
  }, true);
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("button, a")) { reportTyped(); }
  }, true);
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.tagName !== "TEXTAREA") { reportTyped(); }
  }, true);

  /* Links to other pages keep the scenario. Dash is notified when somebody is about to follow one, or has stopped
     changing the scenario, because each notification makes it inspect the whole page. */
  var LINKS_MS = 1500, linked = null, told = null, telling = 0;

  /* A new trial begins without one. */
  function linkTo(path) { return path === "/new" ? path : path + linked; }

  function tellLinks() {
    if (linked === told) { return; }
    told = linked;
    document.querySelectorAll("a.nav-link").forEach(function (link) {
      var id = JSON.parse(link.id);
      window.dash_clientside.set_props(id, {href: linkTo(id.path)});
    });
  }
  ["pointerover", "pointerdown", "focusin"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      if (event.target.closest && event.target.closest("#shell-nav")) { tellLinks(); }
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
      linked = query;
      document.querySelectorAll("a.nav-link").forEach(function (link) {
        link.setAttribute("href", linkTo(JSON.parse(link.id).path));
      });
      document.querySelectorAll("a.keeps-scenario").forEach(function (link) {
        link.setAttribute("href", link.getAttribute("href").split("?")[0] + query);
      });
      clearTimeout(telling);
      telling = setTimeout(tellLinks, LINKS_MS);
      return "";
    }
  };
}());

/* The Plan page: the newest answer to the question that is asked now. */
(function () {
  "use strict";
  window.dash_clientside = window.dash_clientside || {};

  function withoutDraft(query) {
    var fields = new URLSearchParams((query || "").replace(/^\?/, ""));
    fields.delete("draft");
    fields.sort();  // a link may say the same in another order
    return fields.toString();
  }

  /* As Dash writes the id of a part: a name, or its keys in their order. */
  function idOf(id) {
    return typeof id === "string" ? id : JSON.stringify(id, Object.keys(id).sort());
  }

  function sectionOf(name) { return document.getElementById(idOf({type: "plan-section", name: name})); }

  var waiting = {};  // names of sections that were opened and have nothing in them yet

  /* What an exhibit says now, put where the last one said it: its parts with an id, and of these what is not a part.
     Dash would make it all again, with its table closed again. */
  var CHANGING = ["figure", "style", "data-table", "aria-label"];

  /* A text, or one whose dates and numbers do not break: sim/web/parts/line_ends.py. */
  function isWords(content) {
    return typeof content === "string" || Boolean(content && content.props && content.props.className === "words");
  }

  function renew(part) {
    if (Array.isArray(part)) { part.forEach(renew); return; }
    if (!part || !part.props) { return; }
    var says = {};
    CHANGING.forEach(function (name) { if (part.props[name] !== undefined) { says[name] = part.props[name]; } });
    if (isWords(part.props.children)) { says.children = part.props.children; }
    if (part.props.id && Object.keys(says).length) { window.dash_clientside.set_props(part.props.id, says); }
    renew(part.props.children);
  }

  function areThere(part) {
    if (Array.isArray(part)) { return part.every(areThere); }
    if (!part || !part.props) { return true; }
    return (!part.props.id || document.getElementById(part.props.id) !== null) && areThere(part.props.children);
  }

  function put(place, exhibit) {
    if (exhibit && place.children.length && areThere(exhibit)) { renew(exhibit); return; }
    window.dash_clientside.set_props(place.id, {children: exhibit || null});
  }

  /* Figures are drawn one by one, once the dates are seen; those of an answer that has been overtaken are not. */
  var answers = 0;

  function drawAfter(exhibits) {
    var mine = answers += 1;
    function draw(i) {
      var place = document.getElementById("plan-exhibit-" + i);
      if (mine !== answers || !place) { return; }
      put(place, exhibits[i]);
      setTimeout(draw, 0, i + 1);
    }
    requestAnimationFrame(function () { setTimeout(draw, 0, 0); });
  }

  /* The answer is old while there are touches that it does not include. */
  var saysOf = null;
  var OLD = "This is the answer to what was asked before.";

  function fresh() {
    var isOld = window.dash_clientside.moves.isWaiting() || withoutDraft(window.location.search) !== saysOf;
    document.querySelectorAll(".shown").forEach(function (place, i) {
      window.studioOld(place, saysOf !== null && isOld, i ? "" : OLD);
    });
  }

  /* The levers are made again while somebody works on: the focus stays where it was, or goes to the beginning of the
     form for more sites where these were added. */
  var focused = "", hasAdded = false;
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("#plan-new-add")) { hasAdded = true; }
  }, true);
  new MutationObserver(function () {
    if (!(focused || hasAdded) || document.activeElement !== document.body) { return; }
    var place = (focused && document.getElementById(focused)) || (hasAdded && document.querySelector("#plan-new summary"));
    if (place) { focused = ""; hasAdded = false; place.focus({preventScroll: true}); }
  }).observe(document.documentElement, {childList: true, subtree: true});

  /* Groups of levers that are open stay open; what they say now is asked for where it is not said. */
  function keepOpen(sections) {
    focused = document.activeElement.id.indexOf("plan-new") === 0 ? "" : document.activeElement.id;
    sections.forEach(function (section) {
      var parts = section.props.children, heading = document.getElementById(idOf(parts[0].props.id));
      if (!heading) { return; }
      section.props.open = heading.parentElement.open;
      if (section.props.open && typeof parts[1].props.children === "string") { waiting[parts[0].props.id.name] = true; }
    });
    if (Object.keys(waiting).length) {
      setTimeout(function () {
        var asked = {names: Object.keys(waiting), query: window.location.search};
        window.dash_clientside.set_props("plan-opening", {data: asked});
      }, 0);
    }
  }

  window.dash_clientside.plan = {
    fresh: fresh,
    keepOpen: keepOpen,
    opening: function (clicks, query) {
      window.dash_clientside.callback_context.triggered.forEach(function (cause) {
        if (!cause.value) { return; }
        var name = JSON.parse(cause.prop_id.slice(0, cause.prop_id.lastIndexOf("."))).name;
        var place = sectionOf(name);
        if (place && !place.children.length) { waiting[name] = true; }
      });
      var names = Object.keys(waiting);
      return names.length ? {names: names, query: query || ""} : window.dash_clientside.no_update;
    },
    opened: function (made, query) {
      if (made && made.query !== (query || "")) {
        window.dash_clientside.set_props("plan-opening", {data: {names: Object.keys(waiting), query: query || ""}});
        return window.dash_clientside.no_update;
      }
      Object.keys(made ? made.sections : {}).forEach(function (name) {
        delete waiting[name];
        var place = sectionOf(name);
        if (place && !place.children.length) {
          window.dash_clientside.moves.tell({type: "plan-section", name: name}, {children: made.sections[name]});
        }
      });
      return window.dash_clientside.no_update;
    },
    answered: function (first, refined, query) {
      var now = withoutDraft(query), nothing = window.dash_clientside.no_update;
      var newest = [refined, first].filter(function (one) { return one && withoutDraft(one.query) === now; })[0];
      if (!newest) { return [nothing, nothing, nothing]; }
      saysOf = now;
      fresh();
      if (newest.heading) { window.dash_clientside.set_props("plan-heading", {children: newest.heading}); }
      if (newest.exhibits) { drawAfter(newest.exhibits); }
      return [newest.answer, newest.command, newest.mini || null];
    },
    drawn: function (figures, refined, query) {
      var now = withoutDraft(query), isRefined = refined && withoutDraft(refined.query) === now;
      if (figures && !isRefined && withoutDraft(figures.query) === now) { drawAfter(figures.exhibits); }
      return window.dash_clientside.no_update;
    }
  };
}());

/* The Plan page: everything touched since the server last answered, so that no change is lost.

   Dash drops the answer to a request that a later one overtakes. Each request therefore carries everything touched and
   not yet answered, in order. A value that the page itself set in a control is not a touch, nor is a late report: a
   control waits for the next key before it reports, and the page may have set a new value by then. */
(function () {
  "use strict";
  window.dash_clientside = window.dash_clientside || {};

  var touched = [], n = 0;  // unanswered touches, each with a number; how many there were
  var told = {};  // by a control's id as text: values the page set since the last touch; the last is the current one
  var MOST = 20;  // touches kept: nobody moves more levers while one control waits
  var visit = null;

  /* As Dash writes the id of a part: a name, or its keys in their order. */
  function idOf(id) { return typeof id === "string" ? id : JSON.stringify(id, Object.keys(id).sort()); }

  function isSame(one, other) { return JSON.stringify(one) === JSON.stringify(other); }

  function note(id, props) {
    ["value", "checked"].forEach(function (name) {
      if (!(name in props)) { return; }
      var values = told[idOf(id)] = told[idOf(id)] || [];
      if (!values.length || !isSame(values[values.length - 1], props[name])) { values.push(props[name]); }
      if (values.length > MOST) { values.shift(); }
    });
    noteAll(props.children);
  }

  /* Whether a control reports a value that the page set. If it reports an earlier one, the latest is set again. */
  function isEcho(id, key, name, value) {
    var values = told[key] || [], last = values[values.length - 1];
    if (!values.some(function (one) { return isSame(one, value); })) { return false; }
    if (!isSame(last, value)) {
      var again = {};
      again[name] = last;
      window.dash_clientside.set_props(id, again);
    }
    return true;
  }

  /* A control in use may report a value that the page set earlier. */
  function handed(event) {
    var at = event.target;
    if (!at.closest) { return; }
    var around = at.type === "file" ? document : at.closest(".mantine-InputWrapper-root, .mantine-Switch-root");
    if (!around) { return; }
    around.querySelectorAll("[id]").forEach(function (part) {
      if (told[part.id]) { told[part.id] = told[part.id].slice(-1); }
    });
  }
  ["input", "change", "click", "keydown", "pointerdown"].forEach(function (kind) {
    document.addEventListener(kind, handed, true);
  });

  function noteAll(part) {
    if (Array.isArray(part)) { part.forEach(noteAll); return; }
    if (!part || !part.props) { return; }
    if (part.props.id) { note(part.props.id, part.props); } else { noteAll(part.props.children); }
  }

  function tell(id, props) {
    note(id, props);
    window.dash_clientside.set_props(id, props);
  }

  /* Whether Dash knows a part: one that was just put on the page is not drawn yet. */
  function isThere(id) {
    try { return Boolean(window.dash_component_api.getLayout(id)); } catch (unknown) { return false; }
  }

  function touch(propId, value, sites) {
    var at = propId.lastIndexOf("."), key = propId.slice(0, at), name = propId.slice(at + 1);
    var id = key[0] === "{" ? JSON.parse(key) : key, isButton = name === "n_clicks";
    if (isButton ? !value : isEcho(id, key, name, value)) { return; }
    var last = touched[touched.length - 1];
    n += 1;
    if (!isButton) {
      told[key] = [value];
      if (last && last.key === key) { touched.pop(); }
    }
    touched.push({n: n, key: key, id: id, value: value, sites: sites});
  }

  /* The request also names the levers on the page, whose sections the server must not empty. */
  var there = [];

  /* The form for more sites is drawn again with its next suggestion, but what was written there meanwhile stays. */
  var FORM = ["plan-new-count", "plan-new-like", "plan-new-opens"];

  function withForm(part, sites) {
    if (Array.isArray(part)) { part.forEach(function (one) { withForm(one, sites); }); return; }
    if (!part || !part.props) { return; }
    var at = FORM.indexOf(part.props.id);
    if (at >= 0) {
      var now = window.dash_component_api.getLayout(FORM[at]).props.value;
      var isThere = !part.props.data || part.props.data.some(function (one) { return one.value === now; });
      if (isThere && !isSame(now === undefined ? null : now, sites[at] === undefined ? null : sites[at])) {
        part.props.value = now;
      }
    }
    withForm(part.props.children, sites);
  }

  function fresh() { window.dash_clientside.plan.fresh(); }

  function ask() { return {touched: touched.slice(), there: there}; }

  window.dash_clientside.moves = {
    tell: tell,

    /* Inputs: the controls, levers and switches first; states: the form for new sites, and which visit this is. */
    touched: function () {
      var context = window.dash_clientside.callback_context, given = Array.prototype.slice.call(arguments, -4);
      if (given[3] !== visit) { visit = given[3]; touched = []; told = {}; }
      var before = n;
      context.triggered.forEach(function (cause) { touch(cause.prop_id, cause.value, given.slice(0, 3)); });
      there = context.inputs_list[0].concat(context.inputs_list[1]).map(function (one) { return one.id.path; });
      if (n === before) { return window.dash_clientside.no_update; }
      fresh();
      return ask();
    },

    /* Everything that has had no answer, once the studio is there again. */
    again: function () {
      if (touched.length) { window.dash_clientside.set_props("plan-touched", {data: ask()}); }
      window.dash_clientside.set_props("plan-query", {data: window.location.search});
    },

    isWaiting: function () { return touched.length > 0; },

    /* An answer to what the page no longer says is asked for again, of what it says now. */
    moved: function (answer, query, visited) {
      var nothing = window.dash_clientside.no_update;
      if (!answer || visited !== visit) { return nothing; }
      if (answer.before !== (query || "")) {
        if (touched.length) { window.dash_clientside.set_props("plan-touched", {data: ask()}); }
        return nothing;
      }
      var added = touched.filter(function (one) { return one.key === "plan-new-add" && one.n <= answer.n; }).pop();
      touched = touched.filter(function (one) { return one.n > answer.n; });
      setTimeout(fresh, 0);
      answer.says.filter(function (one) { return isThere(one[0]); }).forEach(function (one) {
        if (one[0] === "plan-new" && added) { withForm(one[1].children, added.sites); }
        if (one[0] === "plan-panel") { window.dash_clientside.plan.keepOpen(one[1].children); }
        tell(one[0], one[1]);
      });
      return nothing;
    }
  };
}());

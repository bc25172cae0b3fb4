/* Forms that the answer to a press draws again: New trial, the options of Cheapest plan, what a forecast tries.

   Dash drops the answer to a request that a later one overtakes, so that each request carries every press without an
   answer. A form that is drawn again loses what is being typed in it, so that the text is put back, with the cursor.

   A form NAME has the element NAME-form and the stores NAME-pressed (presses without an answer), NAME-told (the answer:
   sim/web/parts/presses.py) and NAME-done (number of the last press that has its answer). */
(function () {
  "use strict";
  window.dash_clientside = window.dash_clientside || {};
  var TRIES = 50, BESIDE = {"new-add": "new-name"};  // a button, and the field that says what it adds
  var forms = {};

  function formOf(store) {
    var name = store.slice(0, store.lastIndexOf("-")), place = document.getElementById(name + "-form");
    if (!forms[name] || forms[name].place !== place) { forms[name] = {name: name, place: place, n: 0, pressed: []}; }
    return forms[name];
  }

  /* As Dash writes the id of a part. */
  function textOf(id) { return typeof id === "string" ? id : JSON.stringify(id, Object.keys(id).sort()); }

  function idOf(text) { return text.charAt(0) === "{" ? JSON.parse(text) : text; }

  function besideOf(id) { return BESIDE[id.type] ? textOf({type: BESIDE[id.type], path: id.path}) : null; }

  function valueOf(text) {
    if (!text || !document.getElementById(text)) { return null; }  // Dash fails when it is asked for what is not there
    var known = window.dash_component_api.getLayout(idOf(text));
    return (known && known.props.value) || null;
  }

  /* --- what somebody works on while a form is drawn again */

  function inUse(form, answered) {
    var field = document.activeElement;
    if (!form.place.contains(field) || !field.matches("input, textarea") || !field.id) { return null; }
    var isPressed = answered.some(function (press) {
      var beside = besideOf(press.id);
      return textOf(press.id) === field.id || (beside === field.id && valueOf(beside) === press.beside);
    });
    return isPressed ? null
      : {id: field.id, field: field, text: field.value, from: field.selectionStart, to: field.selectionEnd};
  }

  function put(field, text) {
    var kind = field.tagName === "TEXTAREA" ? window.HTMLTextAreaElement : window.HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(field, text);
    field.dispatchEvent(new Event("input", {bubbles: true}));
  }

  function goOn(at, tries) {
    var field = document.getElementById(at.id);
    if (!field || field === at.field) {
      if (tries > 0) { requestAnimationFrame(function () { goOn(at, tries - 1); }); }
      return;
    }
    field.focus({preventScroll: true});
    if (field.value !== at.text) { put(field, at.text); }
    if (at.from !== null) { field.setSelectionRange(at.from, at.to); }
  }

  /* The place of a field after what it stands in got another name. */
  function renamed(text, names) {
    var id = idOf(text);
    if (typeof id === "string" || !id.path) { return text; }
    names.forEach(function (pair) {
      if (id.path === pair[0] || id.path.indexOf(pair[0] + "/") === 0) { id.path = pair[1] + id.path.slice(pair[0].length); }
    });
    return textOf(id);
  }

  /* Names of parts to be added stay in their fields, but for those that were added. */
  function withNames(part, answered) {
    if (Array.isArray(part)) { part.forEach(function (one) { withNames(one, answered); }); return; }
    if (!part || !part.props) { return; }
    var id = part.props.id;
    if (id && Object.keys(BESIDE).some(function (kind) { return BESIDE[kind] === id.type; })) {
      var text = textOf(id), now = valueOf(text);
      var isAdded = answered.some(function (press) { return besideOf(press.id) === text && press.beside === now; });
      if (now && !isAdded) { part.props.value = now; }
    }
    withNames(part.props.children, answered);
  }

  function isSame(one, other) { return textOf(one.id) === textOf(other.id) && one.beside === other.beside; }

  window.dash_clientside.presses = {
    /* Inputs: buttons, and choices that change the form; states: values that a press such as Undo comes after. */
    pressed: function () {
      var context = window.dash_clientside.callback_context, form = formOf(context.outputs_list.id), before = form.n;
      context.triggered.forEach(function (cause) {
        if (!cause.value) { return; }
        var id = idOf(cause.prop_id.slice(0, cause.prop_id.lastIndexOf("."))), press = {id: id, value: cause.value};
        if (typeof id === "string") {
          press.values = [].concat.apply([], context.states_list || []);
        } else if (besideOf(id)) {
          press.beside = valueOf(besideOf(id));
          if (press.beside && form.pressed.some(function (one) { return isSame(one, press); })) { return; }  // a double click
        }
        press.n = form.n += 1;
        form.pressed.push(press);
      });
      return form.n === before ? window.dash_clientside.no_update : form.pressed.slice();
    },

    /* An answer to what the page no longer says is asked for again. */
    told: function (answer, now) {
      var nothing = window.dash_clientside.no_update, set = window.dash_clientside.set_props;
      if (!answer) { return nothing; }
      var form = formOf(window.dash_clientside.callback_context.outputs_list.id);
      if (answer.before !== now) { set(form.name + "-pressed", {data: form.pressed.slice()}); return nothing; }
      var answered = form.pressed.filter(function (press) { return press.n <= answer.n; });
      form.pressed = form.pressed.filter(function (press) { return press.n > answer.n; });
      var at = answer.form === null ? null : inUse(form, answered);
      if (answer.form !== null) {
        withNames(answer.form.children, answered);
        set(form.place.id, answer.form);
      }
      answer.says.forEach(function (one) { set(one[0], one[1]); });
      if (at) {
        at.id = renamed(at.id, answer.renamed);
        goOn(at, TRIES);
      } else if (answer.focus) {
        window.dash_clientside.newTrial.focus(answer.focus);
      }
      return answer.n;
    }
  };
}());

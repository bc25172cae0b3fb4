/* The editor of scenario files: line numbers, lines with errors, and the keys that may stand where the cursor is. */
(function () {
  "use strict";
  var ID = "plan-text", MOST = 12;
  var schema = null, list = null, offered = [], chosen = 0;

  function area() { return document.getElementById(ID); }

  // --- line numbers

  // Each gutter names the lines with errors in data-wrong.
  function number(gutter) {
    var text = gutter.parentElement.querySelector("textarea");
    if (!text || gutter.closest("details:not([open])")) { return; }
    var wrong = (gutter.dataset.wrong || "").split(",").map(Number);
    var n = text.value.split("\n").length;
    var key = n + ":" + wrong.join(",");
    if (gutter.dataset.drawn !== key) {
      gutter.dataset.drawn = key;
      gutter.textContent = "";
      for (var i = 1; i <= n; i += 1) {
        var line = document.createElement("div");
        line.textContent = (wrong.indexOf(i) >= 0 ? "● " : "") + i;
        if (wrong.indexOf(i) >= 0) { line.className = "wrong"; }
        gutter.appendChild(line);
      }
    }
    gutter.scrollTop = text.scrollTop;
  }

  function draw() { document.querySelectorAll(".gutter").forEach(number); }

  function isEdited(target) { return target.closest && target.closest(".editor") !== null; }

  document.addEventListener("input", function (event) {
    if (isEdited(event.target)) { draw(); }
    if (event.target.id === ID && list) { offer(false); }
  });
  document.addEventListener("scroll", function (event) {
    if (isEdited(event.target)) { draw(); }
  }, true);
  document.addEventListener("toggle", draw, true);
  var isAsked = false;  // once a frame: looking where a text is scrolled to lets the browser lay out the page at once
  function drawSoon() {
    if (isAsked) { return; }
    isAsked = true;
    requestAnimationFrame(function () { isAsked = false; draw(); });
  }
  new MutationObserver(drawSoon).observe(document.documentElement,
    {childList: true, subtree: true, attributes: true, attributeFilter: ["data-wrong"]});

  // --- completion

  function forms(node) {
    if (!node || typeof node !== "object") { return []; }
    var found = [node];
    if (node.$ref) { found = found.concat(forms(schema.$defs[node.$ref.split("/").pop()])); }
    ["anyOf", "oneOf", "allOf"].forEach(function (word) {
      (node[word] || []).forEach(function (option) { found = found.concat(forms(option)); });
    });
    return found;
  }

  function step(nodes, key) {
    var found = [];
    nodes.forEach(function (node) {
      forms(node).forEach(function (form) {
        if (form.properties && form.properties[key]) { found.push(form.properties[key]); return; }
        if (form.additionalProperties && typeof form.additionalProperties === "object") {
          found.push(form.additionalProperties);
        }
        Object.keys(form.patternProperties || {}).forEach(function (p) { found.push(form.patternProperties[p]); });
      });
    });
    return found;
  }

  // The keys above the cursor, by indentation and by open braces, and the word that is being written.
  function place(text, at) {
    var before = text.slice(0, at), lines = before.split("\n"), line = lines.pop();
    var inner = [], rest = line, indent = line.match(/^ */)[0].length, path = [], depth = indent;
    var block = line.match(/^\s*([\w~-]+):\s*(\{.*)$/);
    if (block) {
      path = [block[1]];
      rest = block[2];
      var open = [], word = "";
      for (var i = 0; i < rest.length; i += 1) {
        var c = rest[i];
        if (c === "{") { open.push(word); word = ""; } else if (c === "}") { open.pop(); word = ""; }
        else if (c === ",") { word = ""; } else if (c === ":") { word = word.trim(); } else { word += c; }
      }
      inner = open.slice(1).map(function (name) { return name.trim(); });
    }
    for (var k = lines.length - 1; k >= 0 && depth > 0; k -= 1) {
      var match = lines[k].match(/^( *)([\w~-]+):/);
      if (match && match[1].length < depth) { path.unshift(match[2]); depth = match[1].length; }
    }
    var value = (block ? rest : line).match(/([\w-]+):\s+([\w-]*)$/);
    return {path: path.concat(inner), word: before.match(/[\w-]*$/)[0], key: value ? value[1] : null};
  }

  function choices() {
    var text = area(), here = place(text.value, text.selectionStart);
    var nodes = [schema];
    here.path.forEach(function (key) { nodes = step(nodes, key); });
    var found = {};
    if (here.key) {
      step(nodes, here.key).forEach(function (node) {
        forms(node).forEach(function (form) {
          (form.enum || []).forEach(function (word) { found[word] = ""; });
          if (form.type === "boolean") { found["true"] = ""; found["false"] = ""; }
        });
      });
    } else {
      nodes.forEach(function (node) {
        forms(node).forEach(function (form) {
          Object.keys(form.properties || {}).forEach(function (key) {
            var said = forms(form.properties[key]).filter(function (f) { return f.description; })[0];
            found[key + ": "] = said ? said.description : "";
          });
        });
      });
    }
    return Object.keys(found).filter(function (word) {
      return word.toLowerCase().indexOf(here.word.toLowerCase()) === 0 && word.trim() !== here.word;
    }).slice(0, MOST).map(function (word) { return {word: word, about: found[word], from: here.word.length}; });
  }

  function close() {
    if (list) { list.remove(); list = null; }
    var text = area();
    if (text) { text.removeAttribute("aria-activedescendant"); text.setAttribute("aria-expanded", "false"); }
  }

  function offer(loud) {
    close();
    if (!schema) { load(loud); return; }
    offered = choices();
    chosen = 0;
    if (!offered.length) { return; }
    list = document.createElement("ul");
    list.className = "offered";
    list.id = "plan-offered";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "What may stand here");
    offered.forEach(function (item, i) {
      var row = document.createElement("li");
      row.id = "plan-offered-" + i;
      row.setAttribute("role", "option");
      var name = document.createElement("code"), about = document.createElement("span");
      name.textContent = item.word;
      about.textContent = item.about;
      row.append(name, about);
      row.addEventListener("mousedown", function (event) { event.preventDefault(); chosen = i; take(); });
      list.appendChild(row);
    });
    area().closest(".editor").appendChild(list);
    area().setAttribute("aria-controls", list.id);
    area().setAttribute("aria-expanded", "true");
    point();
  }

  function point() {
    Array.prototype.forEach.call(list.children, function (row, i) {
      row.setAttribute("aria-selected", i === chosen ? "true" : "false");
      if (i === chosen) { row.scrollIntoView({block: "nearest"}); }
    });
    area().setAttribute("aria-activedescendant", "plan-offered-" + chosen);
  }

  function put(text, from, to, words) {
    var set = Object.getOwnPropertyDescriptor(window.HTMLTextAreaElement.prototype, "value").set;
    set.call(text, text.value.slice(0, from) + words + text.value.slice(to));
    text.selectionStart = text.selectionEnd = from + words.length;
    text.dispatchEvent(new Event("input", {bubbles: true}));
  }

  function take() {
    var text = area(), item = offered[chosen], at = text.selectionStart;
    close();
    put(text, at - item.from, at, item.word);
  }

  function load(loud) {
    window.fetch("/scenario.schema.json").then(function (answer) { return answer.json(); }).then(function (found) {
      schema = found;
      if (loud) { offer(false); }
    });
  }

  document.addEventListener("keydown", function (event) {
    if (event.target.id !== ID) { return; }
    if (event.ctrlKey && event.code === "Space") { event.preventDefault(); offer(true); return; }
    if (!list) { return; }
    if (event.key === "Escape") { event.preventDefault(); close(); }
    else if (event.key === "ArrowDown") { event.preventDefault(); chosen = (chosen + 1) % offered.length; point(); }
    else if (event.key === "ArrowUp") {
      event.preventDefault(); chosen = (chosen + offered.length - 1) % offered.length; point();
    } else if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); take(); }
  });
  document.addEventListener("focusout", function (event) { if (event.target.id === ID) { close(); } });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.editor = {
    marked: function (lines) {
      document.getElementById("plan-gutter").dataset.wrong = (lines || []).join(",");
      window.setTimeout(draw, 0);
      return "";
    }
  };
}());

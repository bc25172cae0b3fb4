/* The panels around the picture: day and counts, the legend, what just happened, one person's story, and the table. */
(function (root) {
  "use strict";
  const {outline, SHAPES} = root.trialclockStage;
  const RECENT = 7;
  const DATE = /(\d{4}-\d\d-\d\d)/;  // does not break at the end of a line

  function say(node, text) {
    node.replaceChildren(...String(text).split(DATE).map((part, i) => i % 2 ? make("span", {class: "whole"}, part) : part));
  }
  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    Object.entries(attributes || {}).forEach(([name, value]) => {
      if (name === "text") { say(node, value); } else if (value === true) { node.setAttribute(name, ""); }
      else if (value !== false && value !== undefined) { node.setAttribute(name, value); }
    });
    node.append(...children);
    return node;
  }
  function write(node, text) { if (node.textContent !== text) { say(node, text); } }

  /* Day and date, large, and how far the trial is. */
  class Head {
    constructor(trial, curve) {
      this.trial = trial;
      this.day = make("p", {class: "stage-day"});
      this.date = make("p", {class: "stage-date"});
      this.period = make("p", {class: "stage-period"});
      this.fill = make("div", {class: "stage-fill"});
      this.counts = {};
      const entered = trial.data.words.randomised, names = {
        randomised: entered[0].toUpperCase() + entered.slice(1), referred: "Referred", before: "Being screened or waiting", inside: "In the trial now",
        completed: "Completed", left: "Left early"
      };
      const list = make("dl", {class: "stage-counts"}, ...Object.entries(names).map(([name, label]) => {
        this.counts[name] = make("dd", {"data-count": name});
        const parts = [make("dt", {text: label}), this.counts[name]];
        if (name === "randomised") { parts.push(make("div", {class: "stage-progress", "aria-hidden": "true"}, this.fill)); }
        return make("div", {class: "stage-count"}, ...parts);
      }));
      this.node = make("div", {class: "stage-head"}, make("div", {class: "stage-clock"}, this.day, this.date, this.period), list, curve);
    }
    show(day) {
      const trial = this.trial, n = trial.count("randomised"), needed = trial.needed;
      write(this.day, "Day " + Math.floor(day));
      write(this.date, trial.dateOf(day).toLocaleDateString("en-GB",
        {weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC"}));
      write(this.period, trial.period(day));
      write(this.counts.randomised, n + " of " + needed);
      write(this.counts.referred, String(trial.count("referred")));
      write(this.counts.before, String(trial.nIn("before")));
      write(this.counts.inside, String(trial.nIn("inside")));
      write(this.counts.completed, String(trial.count("completed")));
      write(this.counts.left, String(trial.count("left")));
      this.fill.style.width = 100 * Math.min(n / needed, 1) + "%";
    }
  }

  /* Colours and shapes of people. */
  class Legend {
    constructor(trial, host) {
      this.host = host;
      this.marks = [];
      const item = (text, draw) => {
        const canvas = make("canvas", {width: 36, height: 36, "aria-hidden": "true"});
        this.marks.push([canvas, draw]);
        return make("li", {}, canvas, text);
      };
      const arms = trial.data.arms.map((arm, i) => item("participant in arm " + arm.name, (pen, get) => {
        outline(pen, SHAPES[i % SHAPES.length], 9, 9, 6);
        pen.fillStyle = get("arm-" + (i % 6));
        pen.fill();
      }));
      const dot = (name, hollow) => (pen, get) => {
        outline(pen, "circle", 9, 9, hollow === undefined ? 5.5 : 4);
        pen.fillStyle = hollow ? get("paper") : get(name);
        pen.fill();
        if (hollow) { pen.strokeStyle = get(name); pen.stroke(); }
      };
      const cross = (pen, get) => {
        pen.strokeStyle = get("ink");
        pen.lineWidth = 2;
        pen.beginPath();
        pen.moveTo(4, 4); pen.lineTo(14, 14); pen.moveTo(14, 4); pen.lineTo(4, 14);
        pen.stroke();
      };
      const ring = (pen, get) => { outline(pen, "circle", 9, 9, 6.5); pen.fillStyle = get("paper"); pen.fill(); pen.strokeStyle = get("soft"); pen.lineWidth = 1.5; pen.stroke(); };
      const pile = (pen, get) => {
        pen.fillStyle = get("out");
        [[3, 13], [7, 13], [11, 13], [5, 9], [9, 9]].forEach(([x, y]) => pen.fillRect(x, y, 3, 3));
      };
      const box = (pen, get) => { pen.strokeStyle = get("soft"); pen.strokeRect(3.5, 3.5, 11, 11); };
      const lot = (pen, get) => { pen.fillStyle = get("cell"); pen.fillRect(3, 8, 12, 8); pen.strokeStyle = get("cell"); pen.strokeRect(3.5, 2.5, 11, 13); };
      const visit = (pen, get) => { pen.strokeStyle = get("ink"); pen.lineWidth = 2; pen.beginPath(); pen.moveTo(9, 3); pen.lineTo(9, 15); pen.stroke(); };
      const items = [item("patient before " + trial.data.words.randomisation + ", by number of referral", ring), ...arms,
        item("excluded, or did not consent: they pile up", pile)];
      const has = (name) => trial.stations[trial.station[name]].is_shown;
      if (has("left")) { items.push(item("left early", cross)); }
      const boxes = [...(has("queue") ? ["a coordinator's desk"] : []), ...(has("bay") ? ["a bay"] : [])];
      if (boxes.length) { items.push(item(boxes.join(" or "), box)); }
      if (trial.data.cells) { items.push(item("cell lot, as full as it is", lot)); }
      if (trial.data.ticks.doses_given.length) {
        items.push(item("dose given", dot("cell", false)), item("dose missed", dot("cell", true)));
      }
      if (trial.data.ticks.visits.length) { items.push(item("visit (in the picture: a ring, with its week)", visit)); }
      this.node = make("ul", {class: "stage-legend", "aria-label": "Legend"}, ...items);
    }
    paint() {
      const style = window.getComputedStyle(this.host), get = (name) => style.getPropertyValue("--stage-" + name).trim();
      this.marks.forEach(([canvas, draw]) => {
        const pen = canvas.getContext("2d");
        pen.setTransform(2, 0, 0, 2, 0, 0);
        pen.clearRect(0, 0, 18, 18);
        pen.lineWidth = 1;
        draw(pen, get);
      });
    }
  }

  /* The last events, each a way to the person in it. */
  class Recent {
    constructor(trial, follow) {
      this.trial = trial;
      this.list = make("ol", {class: "stage-recent"});
      this.node = make("section", {class: "stage-box"}, make("h3", {text: "What just happened"}),
        make("p", {class: "stage-hint", text: "Newest first. Choose one to follow the person in it."}), this.list);
      this.list.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) { follow(Number(button.dataset.person)); }
      });
    }
    show() {
      const rows = [];
      for (let row = this.trial.cursor - 1; row >= 0 && rows.length < RECENT; row -= 1) {
        if (!this.trial.isToldWithNext(row)) { rows.push(row); }
      }
      if (this.first === rows[0] && this.list.children.length === rows.length) { return; }
      this.first = rows[0];
      this.list.replaceChildren(...rows.map((row) => {
        const person = this.trial.data.events.person[row], said = this.trial.sentence(row);
        return make("li", {}, person < 0 ? make("span", {text: said}) : make("button", {type: "button", "data-person": person, text: said}));
      }));
    }
  }

  /* One person: where they are, and what has happened to them so far. */
  class Followed {
    constructor(trial, follow, seek) {
      this.trial = trial;
      this.person = -1;
      this.select = make("select", {id: "stage-follow"}, make("option", {value: "-1", text: "Nobody"}));
      trial.byNumber.forEach((person, number) => {
        const {site, arm} = trial.data.people, label = "Participant " + number + " (" + trial.data.arms[arm[person]].name + ", "
          + trial.data.sites[site[person]].label + ")";
        this.select.append(make("option", {value: person, text: label}));
      });
      this.where = make("p", {class: "stage-where"});
      this.go = make("button", {type: "button", class: "stage-plain", text: "Go to when they are referred"});
      this.list = make("ol", {class: "stage-story"});
      this.node = make("section", {class: "stage-box"}, make("h3", {text: "Follow a person"}),
        make("label", {for: "stage-follow", class: "stage-hint", text: "Choose a participant, or click anyone in the picture."}),
        this.select, this.where, this.go, this.list);
      this.select.addEventListener("change", () => follow(Number(this.select.value)));
      this.go.addEventListener("click", () => seek(trial.eventsOf(this.person)[0] + 1));
      this.list.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) { seek(Number(button.dataset.row) + 1); }
      });
    }
    follow(person) {
      this.person = person;
      this.n = -1;
      if (person >= 0 && !this.select.querySelector('option[value="' + person + '"]')) {
        const name = this.trial.nameOf(person);
        this.select.append(make("option", {value: person, text: name.charAt(0).toUpperCase() + name.slice(1)}));
      }
      this.select.value = String(person);
      this.show();
    }
    show() {
      const trial = this.trial, rows = this.person < 0 ? [] : trial.eventsOf(this.person);
      const done = rows.filter((row) => row < trial.cursor && !trial.isToldWithNext(row));
      this.go.hidden = this.person < 0 || done.length > 0;
      write(this.where, this.person < 0 ? "" : "Now: " + trial.whereIs(this.person) + ".");
      if (this.n === done.length) { return; }
      this.n = done.length;
      this.list.replaceChildren(...done.map((row) => make("li", {}, make("button",
        {type: "button", "data-row": row, text: trial.when(trial.day(row)) + ": " + trial.said(row)}))));
      this.list.scrollTop = this.list.scrollHeight;
    }
  }

  /* The picture as a table of numbers. */
  class Census {
    constructor(trial) {
      this.trial = trial;
      const {stations, sites} = trial.data, cell = (station) => make("td", {text: "0", hidden: !station.is_shown});
      this.caption = make("caption");
      this.cells = [...sites, {label: "All sites"}].map(() => stations.map(cell));
      const head = make("tr", {}, make("th", {scope: "col", text: "Site"}),
        ...stations.map((station) => make("th", {scope: "col", text: station.label, title: station.meaning, hidden: !station.is_shown})));
      const body = this.cells.map((row, i) => make("tr", {}, make("th", {scope: "row", text: (sites[i] || {label: "All sites"}).label}), ...row));
      this.table = make("table", {class: "stage-census"}, this.caption, make("thead", {}, head), make("tbody", {}, ...body));
      this.node = make("details", {class: "stage-details", open: true}, make("summary", {text: "Where everyone is now, as a table"}),
        make("div", {class: "stage-scroll", tabindex: "0", role: "region", "aria-label": "Where everyone is now"}, this.table));
    }
    show(day) {
      if (!this.node.open) { return; }
      const trial = this.trial, n = trial.data.sites.length;
      write(this.caption, trial.when(day) + ": people at each station; in brackets, those who left the way there");
      this.cells.forEach((row, site) => row.forEach((cell, station) => {
        const all = site === n, here = all ? trial.nAt(station) : trial.nAt(station, site);
        const out = all ? trial.out.reduce((sum, found) => sum + found[station], 0) : trial.out[site][station];
        write(cell, here + (trial.stations[station].out ? " (" + out + ")" : ""));
      }));
    }
  }

  Object.assign(root.trialclockStage, {make, write, Head, Legend, Recent, Followed, Census});
}(window));

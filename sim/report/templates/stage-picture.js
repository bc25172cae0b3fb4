/* What of the picture moves: a dot a person, lots and their cells. */
(function (root) {
  "use strict";
  const {Layout, FONT} = root.trialclockStage;
  const EASE_SECONDS = 0.16, LEG_SECONDS = 0.28, PULSE_SECONDS = 0.7, FADE_SECONDS = 0.9, NEAR = 1.2, MOST_LEGS = 3, NUMBERED = 6.2, GRAIN = 4, PILE = 0.5;
  const SHAPES = ["circle", "square", "diamond", "triangle", "pentagon", "cross"];

  function outline(pen, shape, x, y, r) {
    pen.beginPath();
    if (shape === "circle") { pen.arc(x, y, r, 0, 2 * Math.PI); return; }
    if (shape === "square") { pen.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76); return; }
    if (shape === "cross") {
      const a = r, b = r * 0.38;
      [[-b, -a], [b, -a], [b, -b], [a, -b], [a, b], [b, b], [b, a], [-b, a], [-b, b], [-a, b], [-a, -b], [-b, -b]]
        .forEach(([dx, dy], i) => { if (i) { pen.lineTo(x + dx, y + dy); } else { pen.moveTo(x + dx, y + dy); } });
      pen.closePath();
      return;
    }
    const corners = {diamond: 4, triangle: 3, pentagon: 5}[shape];
    for (let i = 0; i < corners; i += 1) {
      const angle = -Math.PI / 2 + 2 * Math.PI * i / corners, far = r * (shape === "pentagon" ? 1.08 : 1.18);
      const at = [x + far * Math.cos(angle), y + far * Math.sin(angle)];
      if (i) { pen.lineTo(...at); } else { pen.moveTo(...at); }
    }
    pen.closePath();
  }

  class Picture extends Layout {
    constructor(canvas, trial, isCalm) {
      super(canvas, trial);
      this.isCalm = isCalm;
      this.shown = new Map();  // person: where they are drawn, and what they pass on the way to where they are
      this.lots = new Map();
      this.pulses = [];
      this.flights = [];
      this.followed = -1;
      this.resize();
    }
    resize() {
      super.resize();
      this.settle();
    }

    /* Everyone at once where they belong. */
    settle() {
      this.shown.clear();
      this.lots.clear();
      this.pulses = [];
      this.flights = [];
      this.trial.place.forEach((place, person) => {
        if (place >= 0) { this.shown.set(person, Object.assign({legs: [], alpha: 1, leg: 0}, this.target(person))); }
      });
      if (this._backOf !== this._state()) { this.paintBack(); }
    }

    /* An event has happened: the person it moves sets out. */
    happened(row) {
      const events = this.trial.data.events, person = events.person[row];
      if (this.isCalm()) { this.settle(); return; }
      if (this._backOf !== this._state()) { this.paintBack(); }
      if (person < 0) { return; }
      if (this.trial.movesOf.has(row)) { this._setOut(person); }
      const visit = this.trial.isKind(row, "visit.done");
      if (visit || this.trial.isKind(row, "dose.given") || this.trial.isKind(row, "participant.randomised")) {
        this.pulses.push({person, age: 0, text: visit ? "w" + events.number[row] : ""});
      }
      if (this.trial.data.cells && this.trial.isKind(row, "dose.started")) { this._thaw(person); }
    }
    _setOut(person) {
      const trial = this.trial, place = trial.place[person], site = trial.data.people.site[person], name = trial.station;
      const fresh = this.spot(site, name.chart, 0, 1);
      const now = this.shown.get(person) || {x: -8, y: fresh.y, r: this.r, legs: [], alpha: 1, leg: 0};
      if (!this.shown.has(person)) { now.legs.push(fresh); }
      this.shown.set(person, now);
      const from = now.at, asked = place === name.queue || place === -1 - name.consent;
      if (asked && (from === undefined || from === name.chart || from === name.back || now.legs.length)) {
        now.legs.push(this.spot(site, name.consent, 0, 1));
      }
      now.at = place;
      if (now.legs.length > MOST_LEGS) { now.legs.splice(0, now.legs.length - MOST_LEGS); }
    }
    _thaw(person) {
      const shelf = this.zone("shelf");
      this.flights.push({x: shelf.x + 20, y: shelf.y + 10, person, age: 0});
    }

    /* One frame; the argument is the time since the last one, in seconds. */
    frame(seconds) {
      const pen = this.pen, ease = this.isCalm() ? 1 : 1 - Math.exp(-seconds / EASE_SECONDS);
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
      pen.drawImage(this.back, 0, 0);
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      this._tallies(pen);
      if (this.trial.data.cells) { this._paintCells(pen, ease); }
      if (this.followed >= 0) { this._track(pen); }
      this.shown.forEach((now, person) => this._dot(pen, person, now, ease, seconds));
      this._effects(pen, seconds);
    }
    _paintCells(pen, ease) {
      const cells = this.trial.data.cells, shelf = this.zone("shelf"), zones = {culture: [], testing: [], shelf: []};
      cells.lots.forEach((lot) => {
        const state = this.trial.lotState(lot);
        if (state && (state !== "shelf" || cells.is_bank)) { zones[state].push(lot); } else { this.lots.delete(lot.number); }
      });
      const text = "Bank: " + Math.round(this.trial.bank()) + " million cells";
      pen.font = (this.isWide ? "650 13px " : "650 11px ") + FONT;
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      pen.fillStyle = this.ink;
      pen.fillText(text, shelf.x, this.cellsTop + 12);
      zones.shelf.sort((a, b) => a.released - b.released);
      const most = Math.max(...cells.lots.map((lot) => lot.cells), 1);
      Object.keys(zones).forEach((zone) => zones[zone].forEach((lot, i) => {
        const n = zone === "culture" ? Math.max(cells.suites, zones.culture.length) : zones[zone].length;
        const to = this._lotBox(zone, zone === "culture" ? lot.suite : i, Math.min(n, 40));
        const now = this.lots.get(lot.number) || {x: to.x, y: to.y, w: to.w};
        ["x", "y", "w"].forEach((key) => { now[key] += (to[key] - now[key]) * ease; });
        this.lots.set(lot.number, now);
        this._lot(pen, lot, now, to.h, zone, most);
      }));
    }
    _lot(pen, lot, at, h, zone, most) {
      const full = zone === "shelf" ? this.trial.lotLeft(lot) / most : 1;
      pen.globalAlpha = zone === "shelf" ? 1 : zone === "testing" ? 0.55 : 0.28;
      pen.fillStyle = this.cell;
      pen.fillRect(at.x, at.y + h * (1 - full), at.w, h * full);
      pen.globalAlpha = 1;
      pen.strokeStyle = this.cell;
      pen.lineWidth = 1;
      pen.strokeRect(at.x + 0.5, at.y + 0.5, at.w - 1, h - 1);
      if (at.w < 15) { return; }
      pen.font = "10px " + FONT;
      pen.textAlign = "center";
      pen.fillStyle = this.ink;
      pen.fillText(lot.number || "0", at.x + at.w / 2, at.y + 7);
    }
    _tallies(pen) {
      pen.font = (this.isWide ? "12px " : "10px ") + FONT;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      this.trial.data.sites.forEach((_, site) => this.trial.stations.forEach((station, k) => {
        const box = this.box(site, k), y = box.y + box.h + 8, out = this.trial.out[site][k], here = this.trial.at[site][k].length;
        if (station.out) {
          this._pile(pen, box, out);
          pen.fillStyle = this.soft;
          if (out) { pen.fillText((this.isWide ? station.out + " " : "✕") + out, box.x + box.w / 2, y); }
        } else if (here) {
          pen.fillStyle = this.ink;
          pen.fillText(here, box.x + box.w / 2, y);
        }
      }));
    }
    /* Those who left the way here, one on another; smaller where there are many. */
    _pile(pen, box, n) {
      let step = GRAIN, each = 1;
      for (;;) {
        each = Math.max(Math.floor(box.w / step), 1);
        if (Math.ceil(n / each) * step <= box.h * PILE || step < 1.2) { break; }
        step *= 0.9;
      }
      const size = Math.max(step - 1, 0.8), left = box.x + (box.w - each * step) / 2, bottom = box.y + box.h;
      pen.fillStyle = this.out;
      for (let i = 0; i < n; i += 1) {
        pen.fillRect(left + (i % each) * step, bottom - (Math.floor(i / each) + 1) * step, size, size);
      }
    }
    _dot(pen, person, now, ease, seconds) {
      const isOut = this.trial.place[person] < 0, goal = now.legs.length ? now.legs[0] : this.target(person);
      now.x += (goal.x - now.x) * ease;
      now.y += (goal.y - now.y) * ease;
      now.r += (goal.r - now.r) * ease;
      now.leg += seconds;
      const isThere = Math.abs(goal.x - now.x) + Math.abs(goal.y - now.y) < NEAR;
      if (now.legs.length && (isThere || now.leg > LEG_SECONDS)) { now.legs.shift(); now.leg = 0; }
      if (isOut && !now.legs.length) { now.alpha -= seconds / FADE_SECONDS; }
      if (now.alpha <= 0) { this.shown.delete(person); return; }
      this._mark(pen, person, now);
    }
    _mark(pen, person, now) {
      const arm = this.trial.data.people.arm[person], isIn = this.trial.isRandomised(person);
      pen.globalAlpha = Math.max(now.alpha, 0);
      outline(pen, isIn ? SHAPES[arm % SHAPES.length] : "circle", now.x, now.y, now.r);
      pen.fillStyle = isIn ? this.arms[arm] : this.paper;
      pen.fill();
      if (!isIn) {
        pen.strokeStyle = this.soft;
        pen.lineWidth = 1.5;
        pen.stroke();
      }
      if (now.r >= NUMBERED && this.trial.place[person] !== this.trial.station.left) { this._number(pen, person, now, isIn); }
      if (this.trial.place[person] === this.trial.station.left) {
        pen.strokeStyle = this.paper;
        pen.lineWidth = 1.5;
        pen.beginPath();
        pen.moveTo(now.x - now.r * 0.5, now.y - now.r * 0.5);
        pen.lineTo(now.x + now.r * 0.5, now.y + now.r * 0.5);
        pen.moveTo(now.x + now.r * 0.5, now.y - now.r * 0.5);
        pen.lineTo(now.x - now.r * 0.5, now.y + now.r * 0.5);
        pen.stroke();
      }
      pen.globalAlpha = 1;
      if (person === this.followed) { this._ring(pen, now); }
    }
    /* The number that identifies a person: the participant's, and before randomisation the referral's. */
    _number(pen, person, now, isIn) {
      const people = this.trial.data.people, text = String(isIn ? people.number[person] : people.referral[person]);
      pen.font = "600 " + (text.length > 2 ? 7 : 9) + "px " + FONT;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillStyle = isIn ? this.paper : this.ink;
      pen.fillText(text, now.x, now.y + 0.5);
    }
    _ring(pen, now) {
      pen.strokeStyle = this.ink;
      pen.lineWidth = 2.2;
      pen.beginPath();
      pen.arc(now.x, now.y, now.r + 4, 0, 2 * Math.PI);
      pen.stroke();
    }
    /* The stations that the followed person has been at. */
    _track(pen) {
      const person = this.followed, moves = this.trial.data.moves, site = this.trial.data.people.site[person];
      pen.strokeStyle = this.ink;
      pen.lineWidth = 1.6;
      pen.setLineDash([5, 4]);
      pen.globalAlpha = 0.75;
      pen.beginPath();
      let isFirst = true;
      for (const row of this.trial.eventsOf(person)) {
        const i = row < this.trial.cursor ? this.trial.movesOf.get(row) : undefined;
        if (i === undefined) { continue; }
        const place = moves.place[i], at = place < 0 ? this.exit(site, -1 - place) : this.spot(site, place, 0, 1);
        if (isFirst) { pen.moveTo(at.x, at.y); } else { pen.lineTo(at.x, at.y); }
        isFirst = false;
      }
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
    }
    _effects(pen, seconds) {
      this.pulses = this.pulses.filter((pulse) => {
        const now = this.shown.get(pulse.person), share = pulse.age / PULSE_SECONDS;
        pulse.age += seconds;
        if (!now || share >= 1) { return false; }
        pen.globalAlpha = 1 - share;
        pen.strokeStyle = this.accent;
        pen.lineWidth = 2;
        pen.beginPath();
        pen.arc(now.x, now.y, now.r + 2 + 9 * share, 0, 2 * Math.PI);
        pen.stroke();
        if (pulse.text) {
          pen.fillStyle = this.ink;
          pen.font = "600 11px " + FONT;
          pen.textAlign = "center";
          pen.fillText(pulse.text, now.x, now.y - now.r - 8);
        }
        pen.globalAlpha = 1;
        return true;
      });
      this.flights = this.flights.filter((flight) => {
        const now = this.shown.get(flight.person), share = flight.age / PULSE_SECONDS;
        flight.age += seconds;
        if (!now || share >= 1) { return false; }
        pen.fillStyle = this.cell;
        const x = flight.x + (now.x - flight.x) * share, y = flight.y + (now.y - flight.y) * share;
        pen.fillRect(x - 3, y - 3, 6, 6);
        return true;
      });
    }

    /* Whether anything is still on its way. */
    get isMoving() {
      if (this.pulses.length || this.flights.length) { return true; }
      for (const [person, now] of this.shown) {
        if (now.legs.length || this.trial.place[person] < 0) { return true; }
        const goal = this.target(person);
        if (Math.abs(goal.x - now.x) + Math.abs(goal.y - now.y) > 0.4) { return true; }
      }
      return false;
    }

    /* The person at a point of the picture; -1 for nobody. */
    personAt(x, y) {
      let found = -1, least = 144;
      this.shown.forEach((now, person) => {
        const far = (now.x - x) ** 2 + (now.y - y) ** 2;
        if (far < least) { least = far; found = person; }
      });
      return found;
    }
  }

  Object.assign(root.trialclockStage, {Picture, outline, SHAPES});
}(window));

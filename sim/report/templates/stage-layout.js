/* What of the picture does not move: a lane a site, a column a station, and where the cells are. */
(function (root) {
  "use strict";
  const WIDE = 820, LANE = 92, HEAD = 40, NARROW_HEAD = 52, NARROW = 100, CELLS = 74, GAP = 8, TITLE = 18, TALLY = 15;
  const BANDS = [[0, 6, "Before randomisation"], [6, 10, "In the trial"], [10, 12, "How they left"]];
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

  function wrap(pen, text, width) {
    const lines = [""];
    text.split(" ").forEach((word) => {
      const last = lines[lines.length - 1], longer = last ? last + " " + word : word;
      if (last && pen.measureText(longer).width > width) { lines.push(word); } else { lines[lines.length - 1] = longer; }
    });
    return lines;
  }

  class Layout {
    constructor(canvas, trial) {
      this.canvas = canvas;
      this.pen = canvas.getContext("2d");
      this.back = document.createElement("canvas");
      this.trial = trial;
    }

    /* --- layout */

    resize() {
      const width = Math.max(this.canvas.parentNode.clientWidth, 280), ratio = Math.min(window.devicePixelRatio || 1, 2);
      const n = this.trial.data.sites.length;
      this.isWide = width >= WIDE;
      this.rowsALane = this.isWide ? 1 : 2;
      this.orderStations();
      this.columns = Math.ceil(this.trial.stations.filter((station) => station.is_shown).length / this.rowsALane);
      this.head = !this.isWide ? 4 : width / this.columns < NARROW ? NARROW_HEAD : HEAD;
      this.label = this.isWide ? 0 : 26;
      this.row = this.isWide ? LANE - TITLE : LANE - 18 + this.label;
      this.lane = TITLE + this.row * this.rowsALane;
      this.width = width;
      this.cellsTop = this.head + n * (this.lane + GAP);
      this.height = this.cellsTop + (this.trial.data.cells ? CELLS : 0);
      this.column = width / this.columns;
      this.r = this.isWide ? 8 : 5;
      [this.canvas, this.back].forEach((each) => {
        each.width = Math.round(width * ratio);
        each.height = Math.round(this.height * ratio);
      });
      this.canvas.style.height = this.height + "px";
      this.ratio = ratio;
      this.colours();
    }

    colours() {
      const style = window.getComputedStyle(this.canvas), get = (name) => style.getPropertyValue("--stage-" + name).trim();
      this.ink = get("ink");
      this.soft = get("soft");
      this.line = get("line");
      this.panel = get("panel");
      this.paper = get("paper");
      this.accent = get("accent");
      this.cell = get("cell");
      this.out = get("out");
      this.arms = this.trial.data.arms.map((_, i) => get("arm-" + (i % 6)));
      this.paintBack();
    }

    /* Only stations of this trial get columns; a station that it does not have shares the next one's. */
    orderStations() {
      let shown = 0;
      const n = this.trial.stations.filter((station) => station.is_shown).length;
      this.placeOf = this.trial.stations.map((station) => Math.min(station.is_shown ? shown++ : shown, n - 1));
    }

    box(site, station) {
      const place = this.placeOf[station], line = Math.floor(place / this.columns), k = place % this.columns;
      const top = this.head + site * (this.lane + GAP) + TITLE + line * this.row + this.label;
      return {x: k * this.column + 5, y: top, w: this.column - 10, h: this.row - this.label - TALLY - 2};
    }

    /* Where the i-th of n people at a station stands: rows from the left, closer where there are many. */
    spot(site, station, i, n) {
      const box = this.box(site, station), step = this.spacing(box, n, this.hasSlots(station) ? 6 : 0), each = Math.max(Math.floor(box.w / step), 1);
      const line = Math.floor(i / each), lines = Math.ceil(n / each), used = Math.min(n, each);
      const left = box.x + box.w / 2 - (used - 1) * step / 2, top = box.y + box.h / 2 - (lines - 1) * step / 2;
      return {x: left + (i % each) * step, y: top + line * step, r: Math.min(this.r, step * (this.hasSlots(station) ? 0.3 : 0.43))};
    }
    hasSlots(station) {
      const name = this.trial.stations[station].name;
      return name === "bay" || name === "screening";
    }
    spacing(box, n, frame) {
      let step = this.r * 2.35 + frame;
      while (step > 3 && Math.floor(box.w / step) * Math.max(Math.floor(box.h / step), 1) < n) { step *= 0.93; }
      return step;
    }
    slots(site, station) {
      const found = this.trial.data.sites[site];
      return this.trial.stations[station].name === "bay" ? found.bays : found.desks;
    }
    target(person) {
      const trial = this.trial, place = trial.place[person], site = trial.data.people.site[person];
      if (place < 0) { return this.exit(site, -1 - place); }
      const here = trial.at[site][place], slot = trial.slot[person];
      if (slot >= 0) {
        return this.spot(site, place, slot, Math.max(this.slots(site, place) || 0, slot + 1, here.length));
      }
      return this.spot(site, place, here.indexOf(person), here.length);
    }
    exit(site, station) {
      const box = this.box(site, station);
      return {x: box.x + box.w / 2, y: box.y + box.h + 8, r: this.r * 0.6};
    }

    /* --- what does not move */

    paintBack() {
      const pen = this.back.getContext("2d");
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      pen.clearRect(0, 0, this.width, this.height);
      if (this.isWide) { this._heads(pen); }
      this.trial.data.sites.forEach((site, i) => this._lane(pen, site, i));
      if (this.trial.data.cells) { this._cellBack(pen); }
      this._backOf = this._state();
    }
    _state() { return this.trial.data.sites.map((_, i) => (this.trial.isOpen(i) ? 1 : 0) + (this.trial.isClosed(i) ? 2 : 0)).join(); }

    _heads(pen) {
      pen.textBaseline = "bottom";
      pen.textAlign = "center";
      pen.fillStyle = this.ink;
      this.trial.stations.forEach((station, i) => {
        if (!station.is_shown) { return; }
        pen.font = "600 12px " + FONT;
        const lines = wrap(pen, station.label, this.column - 24), place = this.placeOf[i], middle = (place + 0.5) * this.column;
        lines.forEach((line, k) => pen.fillText(line, middle, this.head - 6 - (lines.length - 1 - k) * 13));
        if (place && !this.begins(i)) { this._arrow(pen, place * this.column, this.head - 13); }
      });
    }
    /* Whether a station is the first of its band that is shown. */
    begins(station) {
      const place = this.placeOf[station];
      return BANDS.some(([from]) => this.placeOf[from] === place);
    }
    _arrow(pen, x, y) {
      pen.strokeStyle = this.soft;
      pen.lineWidth = 1.4;
      pen.beginPath();
      pen.moveTo(x - 2.5, y - 4);
      pen.lineTo(x + 2, y);
      pen.lineTo(x - 2.5, y + 4);
      pen.stroke();
    }

    _lane(pen, site, i) {
      const top = this.head + i * (this.lane + GAP), isOpen = this.trial.isOpen(i), isClosed = this.trial.isClosed(i);
      pen.fillStyle = this.panel;
      pen.fillRect(0, top, this.width, this.lane);
      pen.strokeStyle = this.line;
      pen.lineWidth = 1;
      pen.strokeRect(0.5, top + 0.5, this.width - 1, this.lane - 1);
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      pen.fillStyle = this.ink;
      pen.font = "650 13px " + FONT;
      pen.fillText(site.label, 8, top + 11);
      const past = 8 + pen.measureText(site.label).width + 10;
      pen.font = "12px " + FONT;
      pen.fillStyle = this.soft;
      const rate = site.per_month < 0.1 ? "under 0.1" : site.per_month;
      const open = "open, " + rate + (this.isWide ? " referrals a month at full rate" : this.width > 460 ? " referrals a month" : " a month");
      pen.fillText(isClosed ? "closed" : isOpen ? open : "not open yet", past, top + 11);
      BANDS.forEach(([from]) => { if (from) { this._divider(pen, i, from); } });
      this.trial.stations.forEach((station, k) => { if (station.is_shown) { this._station(pen, i, k, station); } });
    }
    _divider(pen, site, station) {
      if (this.placeOf[station] % this.columns === 0) { return; }
      const box = this.box(site, station), x = Math.round(box.x - 5) + 0.5;
      pen.strokeStyle = this.soft;
      pen.setLineDash([3, 3]);
      pen.beginPath();
      pen.moveTo(x, box.y - this.label - (this.isWide ? TITLE - 4 : 0));
      pen.lineTo(x, box.y + box.h + TALLY);
      pen.stroke();
      pen.setLineDash([]);
    }
    _station(pen, site, k, station) {
      const box = this.box(site, k);
      if (!this.isWide) {
        pen.font = "600 " + (this.column < 60 ? 9 : 10) + "px " + FONT;
        pen.textAlign = "center";
        pen.textBaseline = "bottom";
        pen.fillStyle = this.ink;
        const lines = wrap(pen, station.label.replace("Queue for coordinator", "Queue").replace(/^Waits to be .*/, "Waits for place"), this.column - 2);
        lines.forEach((line, j) => pen.fillText(line, box.x + box.w / 2, box.y - 1 - (lines.length - 1 - j) * 11));
      }
      if (!this.hasSlots(k)) { return; }
      const n = this.slots(site, k);
      for (let slot = 0; slot < Math.min(n || 0, 40); slot += 1) {
        const at = this.spot(site, k, slot, n);
        pen.strokeStyle = this.soft;
        pen.lineWidth = 1;
        pen.strokeRect(at.x - at.r - 2.5, at.y - at.r - 2.5, 2 * at.r + 5, 2 * at.r + 5);
      }
    }

    /* --- cells */

    zone(name) {
      const share = {culture: [0, 0.26], testing: [0.26, 0.5], shelf: [0.5, 1]}[name];
      return {x: share[0] * this.width + 8, w: (share[1] - share[0]) * this.width - 16, y: this.cellsTop + 24, h: CELLS - 34};
    }
    _cellBack(pen) {
      pen.fillStyle = this.panel;
      pen.fillRect(0, this.cellsTop, this.width, CELLS);
      pen.strokeStyle = this.line;
      pen.strokeRect(0.5, this.cellsTop + 0.5, this.width - 1, CELLS - 1);
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      pen.fillStyle = this.ink;
      pen.font = (this.isWide ? "650 13px " : "650 11px ") + FONT;
      [["culture", this.isWide ? "Cell lots in culture" : "In culture"], ["testing", this.isWide ? "Lots being tested" : "In testing"]]
        .forEach(([name, text]) => pen.fillText(text, this.zone(name).x, this.cellsTop + 12));
      const suites = Math.min(this.trial.data.cells.suites, 12);
      for (let i = 0; i < suites; i += 1) {
        const at = this._lotBox("culture", i, suites);
        pen.strokeStyle = this.soft;
        pen.strokeRect(at.x + 0.5, at.y + 0.5, at.w - 1, at.h - 1);
      }
    }
    _lotBox(zone, i, n) {
      const box = this.zone(zone), w = Math.min(30, box.w / Math.max(n, 1) - 3);
      return {x: box.x + i * (w + 3), y: box.y + 2, w, h: box.h - 4};
    }
  }

  Object.assign(root.trialclockStage, {Layout, FONT});
}(window));

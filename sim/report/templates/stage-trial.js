/* The state of one simulated trial after a number of events. All it knows is the document of sim/report/one_trial/stage.py. */
(function (root) {
  "use strict";
  const NOWHERE = -100, DAY_MS = 86400000;
  const BAND = {before: [0, 6], inside: [6, 10], over: [10, 12]};

  /* How many of increasing numbers are below a bound. */
  function countBelow(numbers, bound) {
    let low = 0, high = numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle] < bound) { low = middle + 1; } else { high = middle; }
    }
    return low;
  }

  class Trial {
    constructor(data) {
      this.data = data;
      this.n = data.events.day.length;
      this.opens = Date.parse(data.opens + "T00:00:00Z");
      this.kinds = {};
      data.events.kinds.forEach((name, code) => { this.kinds[name] = code; });
      this.stations = data.stations;
      this.station = {};
      data.stations.forEach((station, i) => { this.station[station.name] = i; });
      this._eventsOf = new Map();
      data.events.person.forEach((person, row) => {
        if (person < 0) { return; }
        if (!this._eventsOf.has(person)) { this._eventsOf.set(person, []); }
        this._eventsOf.get(person).push(row);
      });
      this.movesOf = new Map();
      data.moves.event.forEach((row, i) => { this.movesOf.set(row, i); });
      this.byNumber = [];
      data.people.number.forEach((number, person) => { if (number) { this.byNumber[number] = person; } });
      this.seek(0);
    }

    /* --- where everyone is */

    seek(cursor) {
      this.cursor = 0;
      this.place = new Int16Array(this.data.people.site.length).fill(NOWHERE);
      this.since = new Int32Array(this.place.length).fill(-1);  // the row with which each came to where they are
      this.slot = new Int16Array(this.place.length).fill(-1);
      this.out = this.data.sites.map(() => new Int32Array(this.stations.length));
      this.at = this.data.sites.map(() => this.stations.map(() => []));
      while (this.cursor < cursor) { this.step(); }
    }

    /* The next event; returns its row. */
    step() {
      const row = this.cursor++, i = this.movesOf.get(row);
      if (i !== undefined) {
        const moves = this.data.moves;
        this._move(row, moves.person[i], moves.place[i], moves.slot[i]);
      }
      return row;
    }

    _move(row, person, place, slot) {
      const site = this.data.people.site[person], before = this.place[person];
      if (before >= 0) {
        const there = this.at[site][before];
        there.splice(there.indexOf(person), 1);
      }
      if (place >= 0) { this.at[site][place].push(person); } else { this.out[site][-1 - place] += 1; }
      this.place[person] = place;
      this.since[person] = row;
      this.slot[person] = slot;
    }

    /* --- counts, for the trial or one site's station */

    count(name) { return countBelow(this.data.ticks[name], this.cursor); }
    get needed() { return this.data.target + this.count("replaced"); }
    nAt(station, site) {
      const sites = site === undefined ? this.at : [this.at[site]];
      return sites.reduce((sum, places) => sum + places[station].length, 0);
    }
    nIn(band, site) {
      let sum = 0;
      for (let i = BAND[band][0]; i < BAND[band][1]; i += 1) { sum += this.nAt(i, site); }
      return sum;
    }
    isOpen(site) {
      const found = this.data.sites[site];
      return found.opened >= 0 && found.opened < this.cursor && !this.isClosed(site);
    }
    isClosed(site) {
      const closed = this.data.sites[site].closed;
      return closed >= 0 && closed < this.cursor;
    }
    conditions() {
      return this.data.conditions.filter((found) => found.from < this.cursor && (found.to < 0 || found.to >= this.cursor));
    }
    period(day) {
      const found = this.data.periods.filter((each) => each[1] <= day && day < each[2]);
      return found.map((each) => each[0]).join(", ");
    }

    /* --- cells */

    bank() {
      const changes = this.data.cells.bank, n = countBelow(changes.map((each) => each[0]), this.cursor);
      return n ? changes[n - 1][1] : 0;
    }
    /* Where a lot is: "culture", "testing", "shelf", or nothing. */
    lotState(lot) {
      const now = this.cursor, past = (row) => row >= 0 && row < now;
      if (past(lot.failed)) { return ""; }
      if (past(lot.released)) { return this.lotLeft(lot) > 0 ? "shelf" : ""; }
      if (past(lot.harvested)) { return "testing"; }
      return past(lot.started) ? "culture" : "";
    }
    lotLeft(lot) {
      let left = 0;
      for (const [row, cells] of lot.left) { if (row < this.cursor) { left = cells; } }
      return left;
    }

    /* --- words */

    day(row) { return this.data.events.day[row]; }
    dateOf(day) { return new Date(this.opens + Math.floor(day) * DAY_MS); }
    isoOf(day) { return this.dateOf(day).toISOString().slice(0, 10); }
    when(day) { return "Day " + Math.floor(day) + ", " + this.isoOf(day); }
    sentence(row) { return this.when(this.day(row)) + ": " + this.data.events.said[row]; }
    said(row) {
      const text = this.data.events.said[row];
      return text.charAt(0).toUpperCase() + text.slice(1);
    }
    isKind(row, name) { return this.data.events.kind[row] === this.kinds[name]; }
    /* A referral that the chart excludes is told once, together with its end. */
    isToldWithNext(row) {
      return this.isKind(row, "patient.referred") && row + 1 < this.n && this.isKind(row + 1, "chart.failed")
        && this.data.events.person[row] === this.data.events.person[row + 1];
    }
    eventsOf(person) { return this._eventsOf.get(person) || []; }
    nameOf(person) {
      const people = this.data.people, number = people.number[person];
      const site = this.data.sites[people.site[person]].label;
      if (number) { return "participant " + number + ", " + this.data.arms[people.arm[person]].name + ", " + site; }
      return "patient " + people.referral[person] + ", " + site;
    }
    /* Known by number and arm only once randomised. */
    isRandomised(person) {
      const place = this.place[person];
      return place >= BAND.inside[0];
    }
    whereIs(person) {
      const place = this.place[person];
      if (place === NOWHERE) { return "not referred yet"; }
      if (place < 0) { return "not in the trial: left at " + this.stations[-1 - place].label.toLowerCase(); }
      return this.stations[place].meaning;
    }
  }

  root.trialclockStage = Object.assign(root.trialclockStage || {}, {Trial, countBelow, NOWHERE});
}(window));

/* The enrolment curve and the line of the plan, which draw themselves as days pass. */
(function (root) {
  "use strict";
  const {FONT, countBelow, make} = root.trialclockStage;
  const TOP = 14, BOTTOM = 16, LEFT = 34, RIGHT = 8, NARROW = 200;

  class Curve {
    constructor(trial) {
      this.trial = trial;
      this.days = trial.data.ticks.randomised.map((row) => trial.day(row));
      this.canvas = make("canvas", {"aria-hidden": "true"});
      this.node = make("div", {class: "stage-curve"}, this.canvas);
      this.day = trial.data.first_day;
      this.top = Math.max(trial.data.target, this.days.length);
    }
    resize() {
      const ratio = Math.min(window.devicePixelRatio || 1, 2), style = window.getComputedStyle(this.node);
      this.width = Math.max(this.node.clientWidth, 120);
      this.height = this.node.clientHeight;
      this.canvas.width = Math.round(this.width * ratio);
      this.canvas.height = Math.round(this.height * ratio);
      this.canvas.style.width = this.width + "px";
      this.canvas.style.height = this.height + "px";
      this.ratio = ratio;
      this.get = (name) => style.getPropertyValue("--stage-" + name).trim();
      this.show(this.day);
    }
    x(day) {
      const {first_day: first, last_day: last} = this.trial.data;
      return LEFT + (day - first) / (last - first || 1) * (this.width - LEFT - RIGHT);
    }
    y(n) { return this.height - BOTTOM - n / (this.top || 1) * (this.height - TOP - BOTTOM); }

    show(day) {
      this.day = day;
      if (!this.get) { return; }
      const pen = this.canvas.getContext("2d");
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      pen.clearRect(0, 0, this.width, this.height);
      this._frame(pen);
      this._plan(pen, day);
      this._steps(pen, day);
    }
    _frame(pen) {
      const data = this.trial.data, target = this.y(data.target);
      pen.strokeStyle = this.get("line");
      pen.lineWidth = 1;
      [target, this.y(0)].forEach((y) => {
        pen.beginPath();
        pen.moveTo(LEFT, Math.round(y) + 0.5);
        pen.lineTo(this.width - RIGHT, Math.round(y) + 0.5);
        pen.stroke();
      });
      pen.font = "11px " + FONT;
      pen.fillStyle = this.get("soft");
      pen.textBaseline = "middle";
      pen.textAlign = "right";
      pen.fillText(String(data.target), LEFT - 5, target);
      pen.fillText("0", LEFT - 5, this.y(0));
      pen.textAlign = "left";
      pen.fillText(String(this.trial.dateOf(data.first_day).getUTCFullYear()), LEFT, this.height - 6);
      pen.textAlign = "right";
      pen.fillText(String(this.trial.dateOf(data.last_day).getUTCFullYear()), this.width - RIGHT, this.height - 6);
    }
    /* Pale as a whole, and dark as far as the day. */
    _plan(pen, day) {
      const plan = this.trial.data.plan;
      if (plan.length < 2) { return; }
      const [[from, low], [to, high]] = plan, now = Math.min(Math.max(day, from), to);
      const line = (end, alpha) => {
        pen.globalAlpha = alpha;
        pen.beginPath();
        pen.moveTo(this.x(from), this.y(low));
        pen.lineTo(this.x(end), this.y(low + (high - low) * (end - from) / (to - from || 1)));
        pen.stroke();
        pen.globalAlpha = 1;
      };
      pen.strokeStyle = this.get("ink");
      pen.lineWidth = 1.5;
      pen.setLineDash([5, 4]);
      line(to, 0.3);
      line(now, 1);
      pen.setLineDash([]);
    }
    _steps(pen, day) {
      const n = Math.min(countBelow(this.days, day + 1e-7), this.trial.count("randomised"));
      pen.strokeStyle = pen.fillStyle = this.get("accent");
      pen.lineWidth = 2.2;
      pen.beginPath();
      pen.moveTo(this.x(Math.min(day, 0)), this.y(0));
      for (let i = 0; i < n; i += 1) {
        pen.lineTo(this.x(this.days[i]), this.y(i));
        pen.lineTo(this.x(this.days[i]), this.y(i + 1));
      }
      pen.lineTo(this.x(day), this.y(n));
      pen.stroke();
      pen.beginPath();
      pen.arc(this.x(day), this.y(n), 3.5, 0, 2 * Math.PI);
      pen.fill();
      pen.font = "600 11px " + FONT;
      pen.textBaseline = "bottom";
      pen.textAlign = this.x(day) > this.width / 2 ? "right" : "left";
      if (this.width < NARROW) { return; }
      pen.fillText(n + " " + this.trial.data.words.randomised, this.x(day) + (this.x(day) > this.width / 2 ? -7 : 7), this.y(n) - 3);
    }
  }

  Object.assign(root.trialclockStage, {Curve});
}(window));

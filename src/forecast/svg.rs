//! The forecast as a picture (SVG 1.1): above, a bar for each backup from the day it is made to the
//! day it is removed, so that a look straight up from any day shows what can be restored on it;
//! below, the space that they take against the volume. Light and dark, without script, without font.

#![allow(
    clippy::cast_precision_loss,
    reason = "a picture has some thousand points"
)]

use super::size::{percent, shown};
use super::{DAY, Plan, day, firsts, table};
use crate::keep::Reason;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The whole picture.
const WIDTH: f64 = 960.0;
/// The plots' left and right edges.
const LEFT: f64 = 86.0;
const RIGHT: f64 = 936.0;
/// The top of the upper plot, where one line of text a schedule stands above it.
const TOP: f64 = 118.0;
const LINE: f64 = 20.0;
const UPPER: f64 = 380.0;
const LOWER: f64 = 170.0;
/// Between the plots: the labels of the months, and a title.
const GAP: f64 = 72.0;
const BOTTOM: f64 = 82.0;
/// The width of a rule in the legend, its bar and its name.
const SLOT: f64 = 92.0;
/// More schedules than this are counted and not listed.
const LISTED: usize = 4;

/// Rule, class, and how strongly its bars are drawn: those that stay longest are the fewest.
const RULES: [(Reason, &str, f64); 7] = [
    (Reason::Yearly, "y", 4.0),
    (Reason::Monthly, "m", 3.2),
    (Reason::Weekly, "w", 2.4),
    (Reason::Daily, "d", 1.4),
    (Reason::Last, "l", 1.2),
    (Reason::Minimum, "n", 1.2),
    (Reason::Newest, "n", 1.2),
];

/// Colours that differ for every kind of sight (Okabe and Ito), and stand out from either ground.
const STYLE: &str = "\
text { font-family: system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; font-size: 13px; fill: #1f2328 }
.title { font-size: 20px; font-weight: 600 }
.head { font-size: 14px; font-weight: 600 }
.soft { fill: #59636e }
.ground { fill: #ffffff }
.grid { stroke: #d9dee3; stroke-width: 1 }
.frame { stroke: #818b98; stroke-width: 1; fill: none }
.volume { stroke: #b3261e; stroke-width: 2; stroke-dasharray: 7 4 }
.full { fill: #b3261e; font-weight: 600 }
.area { fill: #0072b2; fill-opacity: 0.22; stroke: #0072b2; stroke-width: 1.5 }
.bar { fill: none }
.l { stroke: #8a8f98 } .n { stroke: #8a8f98 } .d { stroke: #56a5e0 } .w { stroke: #009e73 } .m { stroke: #d98200 } .y { stroke: #b8478c }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.soft { fill: #9aa4af }
.ground { fill: #0d1117 }
.grid { stroke: #2a313a }
.frame { stroke: #6e7681 }
.volume { stroke: #ff8a80 }
.full { fill: #ff8a80 }
.area { fill: #56b4e9; stroke: #56b4e9 }
.d { stroke: #56b4e9 } .w { stroke: #17c79a } .m { stroke: #f0a830 } .y { stroke: #e08abf }
}
";

/// The picture.
pub fn draw(plan: &Plan<'_>) -> String {
    let lines = plan.schedules.len().min(LISTED + 1);
    let top = TOP + LINE * (lines.saturating_sub(1)) as f64;
    let mut picture = Picture {
        plan,
        top,
        body: String::new(),
    };
    picture.heading();
    picture.legend();
    picture.months();
    picture.dates();
    picture.bars();
    picture.space();
    picture.footing();
    let height = picture.lower() + LOWER + BOTTOM;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n",
        title = escaped(&format!("Backups of {}", plan.name)),
        body = picture.body,
    )
}

/// A picture in the making.
struct Picture<'a> {
    plan: &'a Plan<'a>,
    /// The upper plot's upper edge.
    top: f64,
    body: String,
}

impl Picture<'_> {
    /// The lower plot's upper edge.
    fn lower(&self) -> f64 {
        self.top + UPPER + GAP
    }

    /// Where an instant stands from left to right.
    fn x(&self, at: Timestamp) -> f64 {
        LEFT + (RIGHT - LEFT) * self.share(at)
    }

    /// Where a backup of an instant stands in the upper plot: the newest at the top.
    fn y(&self, at: Timestamp) -> f64 {
        self.top + UPPER * (1.0 - self.share(at))
    }

    /// How much of the time has passed at an instant, from 0 to 1.
    fn share(&self, at: Timestamp) -> f64 {
        let forecast = self.plan.forecast;
        let seconds = |at: Timestamp| (at.as_second() - forecast.from.as_second()) as f64;
        (seconds(at) / seconds(forecast.until)).clamp(0.0, 1.0)
    }

    fn text(&mut self, class: &str, anchor: &str, (x, y): (f64, f64), text: &str) {
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            escaped(text)
        );
    }

    fn line(&mut self, class: &str, [x1, y1, x2, y2]: [f64; 4]) {
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    fn heading(&mut self) {
        let plan = self.plan;
        let forecast = plan.forecast;
        self.text(
            "title",
            "start",
            (24.0, 36.0),
            &format!("Backups of {}", plan.name),
        );
        self.text(
            "soft",
            "end",
            (RIGHT, 36.0),
            &format!("{} to {}", day(forecast.from), day(forecast.until)),
        );
        let mut y = 62.0;
        for schedule in plan.schedules.iter().take(LISTED) {
            let line = format!(
                "{} · {} · {}",
                schedule.name,
                cut(schedule.cron.as_str()),
                schedule.time_zone
            );
            self.text("soft", "start", (24.0, y), &line);
            y += LINE;
        }
        if plan.schedules.len() > LISTED {
            let more = format!("and {} more schedules", plan.schedules.len() - LISTED);
            self.text("soft", "start", (24.0, y), &more);
        }
        self.text(
            "soft",
            "end",
            (RIGHT, 62.0),
            &format!("keep {}", table::kept(plan)),
        );
    }

    /// The rules that hold anything, over the upper plot.
    fn legend(&mut self) {
        let y = self.top - 16.0;
        self.text(
            "head",
            "start",
            (24.0, y),
            "Held on each day, and by which rule",
        );
        let mut held: Vec<(Reason, &str)> = Vec::new();
        for (rule, class, _) in RULES {
            if self.holds(class) && !held.iter().any(|(_, known)| *known == class) {
                held.push((rule, class));
            }
        }
        for (place, (rule, class)) in held.into_iter().enumerate() {
            let x = RIGHT - SLOT * (place + 1) as f64;
            self.text("soft", "start", (x + 26.0, y), rule.name());
            let _ = writeln!(
                self.body,
                "<line class=\"{class}\" stroke-width=\"5\" x1=\"{x:.1}\" y1=\"{0:.1}\" x2=\"{1:.1}\" y2=\"{0:.1}\"/>",
                y - 4.5,
                x + 18.0
            );
        }
    }

    fn holds(&self, class: &str) -> bool {
        self.plan.forecast.backups.iter().any(|backup| {
            backup
                .held
                .iter()
                .any(|(_, reason)| class_of(*reason) == class)
        })
    }

    /// Months, from left to right through both plots and upwards through the upper one.
    fn months(&mut self) {
        let forecast = self.plan.forecast;
        let (top, lower) = (self.top, self.lower());
        let marks: Vec<Timestamp> = firsts(forecast.from, forecast.until).collect();
        let step = marks.len().div_ceil(14).max(1);
        for at in marks.into_iter().step_by(step) {
            let (x, y) = (self.x(at), self.y(at));
            self.line("grid", [x, top, x, top + UPPER]);
            self.line("grid", [x, lower, x, lower + LOWER]);
            self.line("grid", [LEFT, y, RIGHT, y]);
            let date = day(at);
            let name = if date.month() == 1 {
                date.year().to_string()
            } else {
                month(date.month()).to_owned()
            };
            // A label at the very edge would be cut.
            if x < RIGHT - 14.0 {
                self.text("soft", "middle", (x, top + UPPER + 18.0), &name);
                self.text("soft", "middle", (x, lower + LOWER + 18.0), &name);
            }
            if y > top + 6.0 {
                self.text("soft", "end", (LEFT - 8.0, y + 4.5), &name);
            }
        }
    }

    fn dates(&mut self) {
        let (x, y) = (22.0, self.top + UPPER / 2.0);
        let _ = writeln!(
            self.body,
            "<text class=\"soft\" text-anchor=\"middle\" transform=\"translate({x:.1} {y:.1}) rotate(-90)\">backup of</text>"
        );
    }

    /// A bar for each backup and rule, one path a rule.
    fn bars(&mut self) {
        let forecast = self.plan.forecast;
        let mut paths: BTreeMap<&str, String> = BTreeMap::new();
        for backup in &forecast.backups {
            let y = self.y(backup.id.began());
            for (at, (from, reason)) in backup.held.iter().enumerate() {
                let until = backup
                    .held
                    .get(at + 1)
                    .map(|(until, _)| *until)
                    .or(backup.removed)
                    .unwrap_or(forecast.until);
                let _ = write!(
                    paths.entry(class_of(*reason)).or_default(),
                    "M{:.1} {y:.1}H{:.1}",
                    self.x(*from),
                    self.x(until)
                );
            }
        }
        let mut drawn = Vec::new();
        for (_, class, strength) in RULES {
            if let (false, Some(path)) = (drawn.contains(&class), paths.get(class)) {
                drawn.push(class);
                let _ = writeln!(
                    self.body,
                    "<path class=\"bar {class}\" stroke-width=\"{strength}\" d=\"{path}\"/>"
                );
            }
        }
        let top = self.top;
        self.frame(top, UPPER);
    }

    fn frame(&mut self, top: f64, height: f64) {
        let _ = writeln!(
            self.body,
            "<rect class=\"frame\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
            RIGHT - LEFT
        );
    }

    /// The space that backups take, at its most of each day, and the volume.
    fn space(&mut self) {
        let plan = self.plan;
        let forecast = plan.forecast;
        let lower = self.lower();
        let bottom = lower + LOWER;
        self.text("head", "start", (24.0, lower - 14.0), "Space");
        let most = forecast.most().map_or(0, |level| level.bytes);
        let highest = (plan.volume.max(most) as f64) * 1.08;
        let y = |bytes: u64| bottom - LOWER * (bytes as f64 / highest);
        let mut days: BTreeMap<i64, u64> = BTreeMap::new();
        for level in &forecast.levels {
            let bytes = days
                .entry(level.at.as_second().div_euclid(DAY))
                .or_default();
            *bytes = level.bytes.max(*bytes);
        }
        let mut path = format!("M{:.1} {bottom:.1}", self.x(forecast.from));
        for (number, bytes) in days {
            let at = Timestamp::from_second(number * DAY).unwrap_or(forecast.from);
            let _ = write!(path, "H{:.1}V{:.1}", self.x(at), y(bytes));
        }
        let _ = write!(path, "H{RIGHT:.1}V{bottom:.1}Z");
        let _ = writeln!(self.body, "<path class=\"area\" d=\"{path}\"/>");
        let line = y(plan.volume);
        self.line("volume", [LEFT, line, RIGHT, line]);
        self.text("soft", "end", (LEFT - 8.0, line + 4.5), &shown(plan.volume));
        let peak = y(most);
        // The two labels must not lie on each other.
        if (peak - line).abs() > 16.0 && bottom - peak > 16.0 {
            self.text("soft", "end", (LEFT - 8.0, peak + 4.5), &shown(most));
        }
        self.text("soft", "end", (LEFT - 8.0, bottom + 4.5), "0");
        self.frame(lower, LOWER);
        let said = match forecast.full(plan.volume) {
            Some(at) => (
                "full",
                format!(
                    "full on {}: {} needed, {} there",
                    day(at),
                    shown(most),
                    shown(plan.volume)
                ),
            ),
            None => (
                "soft",
                format!(
                    "{} at most, {}% of the volume of {} (dashed)",
                    shown(most),
                    percent(most, plan.volume),
                    shown(plan.volume)
                ),
            ),
        };
        self.text(said.0, "end", (RIGHT, lower - 14.0), &said.1);
    }

    fn footing(&mut self) {
        let plan = self.plan;
        let y = self.lower() + LOWER + BOTTOM - 16.0;
        let source = match plan.guessed {
            Some(how) => format!(" ({how})"),
            None => String::new(),
        };
        let growth = match plan.assumption.growth {
            0 => String::new(),
            percent => format!(", {percent}% more each year"),
        };
        let text = format!(
            "Assumed: a backup of {}{source}{growth}; the volume empty on the first day; times of UTC.",
            shown(plan.assumption.bytes)
        );
        self.text("soft", "start", (24.0, y), &text);
        self.text(
            "soft",
            "start",
            (24.0, y - LINE),
            "Every bar is a backup: look straight up from a day to see what can be restored on it.",
        );
    }
}

fn class_of(reason: Reason) -> &'static str {
    RULES
        .iter()
        .find(|(rule, _, _)| *rule == reason)
        .map_or("n", |(_, class, _)| class)
}

/// `Jan` to `Dec`.
fn month(number: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    usize::try_from(number - 1)
        .ok()
        .and_then(|at| NAMES.get(at))
        .unwrap_or(&"")
}

/// What fits in a line.
fn cut(text: &str) -> String {
    match text.get(..40) {
        Some(start) if text.len() > 40 => format!("{start}…"),
        _ => text.to_owned(),
    }
}

/// Text as XML holds it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

//! One field of a schedule: elements with commas between, each a number, a range or a star, with a
//! step. What an element means is what robfig/cron makes of it, which Kubernetes uses.

use crate::value::Fault;

/// What one of the five fields may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// As a message names it.
    pub name: &'static str,
    /// The least value.
    pub least: u8,
    /// The most.
    pub most: u8,
    /// Names for values, the first for the least; none where there are only numbers.
    names: &'static [&'static str],
}

/// In the order in which they stand.
pub(super) const FIELDS: [Field; 5] = [
    Field::new("minute", 0, 59, &[]),
    Field::new("hour", 0, 23, &[]),
    Field::new("day of the month", 1, 31, &[]),
    Field::new(
        "month",
        1,
        12,
        &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    ),
    Field::new(
        "day of the week",
        0,
        6,
        &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    ),
];

/// The values of a field, one bit each, and whether it stands for every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bits {
    /// Bit n is set when the value n is meant.
    pub values: u64,
    /// A star, or a star with the step 1, is among the elements. With `*/2` it is not: the two
    /// fields of days are then both restricted.
    pub star: bool,
}

impl Field {
    const fn new(name: &'static str, least: u8, most: u8, names: &'static [&'static str]) -> Self {
        Self {
            name,
            least,
            most,
            names,
        }
    }

    /// Reads the field.
    pub fn read(&self, text: &str) -> Result<Bits, Fault> {
        let mut bits = Bits {
            values: 0,
            star: false,
        };
        for element in text.split(',') {
            let more = self.element(element)?;
            bits.values |= more.values;
            bits.star |= more.star;
        }
        Ok(bits)
    }

    fn element(&self, element: &str) -> Result<Bits, Fault> {
        if element.is_empty() {
            return Err(self.fault("is empty beside a comma"));
        }
        let shown = shortened(element);
        let mut parts = element.split('/');
        let (range, step) = (parts.next().unwrap_or_default(), parts.next());
        if parts.next().is_some() {
            return Err(self.fault(&format!("`{shown}` has two steps")));
        }
        let mut ends = range.split('-');
        let (first, last) = (ends.next().unwrap_or_default(), ends.next());
        if ends.next().is_some() {
            return Err(self.fault(&format!("`{shown}` is a range with three ends")));
        }
        let every = first == "*" || first == "?";
        let (from, to) = match (every, last) {
            (true, None) => (self.least, self.most),
            (true, Some(_)) => {
                return Err(self.fault(&format!("`{shown}` is a range from every value")));
            }
            (false, None) => {
                let value = self.value(first)?;
                // `5/15` begins at 5 and goes on to the end.
                (value, if step.is_some() { self.most } else { value })
            }
            (false, Some(last)) => (self.value(first)?, self.value(last)?),
        };
        let step = match step {
            None => 1,
            Some(step) => match step.parse::<u64>() {
                Ok(step) if is_digits(step_text(element)) && i64::try_from(step).is_ok() => step,
                _ => return Err(self.fault(&format!("`{shown}` has a step that is no number"))),
            },
        };
        if step == 0 {
            return Err(self
                .fault(&format!("`{shown}` has a step of zero"))
                .help("write how far apart the values are, as in `*/15`"));
        }
        if from > to {
            return Err(self
                .fault(&format!("`{shown}` runs backwards"))
                .help(format!("write `{from}-{},{}-{to}`", self.most, self.least)));
        }
        let values = (from..=to)
            .step_by(usize::try_from(step).unwrap_or(usize::MAX))
            .fold(0, |values, value| values | 1 << value);
        Ok(Bits {
            values,
            star: every && step == 1,
        })
    }

    fn value(&self, text: &str) -> Result<u8, Fault> {
        let lowered = text.to_ascii_lowercase();
        if let Some(at) = self.names.iter().position(|name| *name == lowered) {
            return Ok(self.least + u8::try_from(at).unwrap_or(0));
        }
        let shown = shortened(text);
        if !is_digits(text) {
            return Err(self.no_number(text));
        }
        let value = text.parse::<u64>().unwrap_or(u64::MAX);
        match u8::try_from(value) {
            Ok(value) if (self.least..=self.most).contains(&value) => Ok(value),
            Ok(7) if self.most == 6 => Err(self
                .fault("`7` is no day for Kubernetes, the last is 6, Saturday")
                .help("write `0` or `SUN` for Sunday")),
            _ => Err(self.fault(&format!(
                "`{shown}` is not between {} and {}",
                self.least, self.most
            ))),
        }
    }

    /// The fault of what is neither a number nor a name.
    fn no_number(&self, text: &str) -> Fault {
        let shown = shortened(text);
        if text.is_empty() {
            return self.fault("is a range or a step with an end missing");
        }
        let upper = text.to_ascii_uppercase();
        let of_others = self.name.starts_with("day")
            && upper
                .trim_matches(|c: char| c.is_ascii_digit() || c == '#')
                .len()
                <= 2
            && (upper.contains(['L', 'W', '#']));
        let fault = self.fault(&format!(
            "`{shown}` is no number{}",
            match self.names {
                [] => "",
                _ => " and no name",
            }
        ));
        if of_others {
            let help = if self.most == 31 && upper == "L" {
                "Kubernetes knows no `L`: write `28`, a day that every month has"
            } else {
                "Kubernetes knows no `L`, `W` and `#`: write a number, or let the script look at the date"
            };
            return fault.help(help);
        }
        fault
    }

    /// A fault of this field, with what is allowed in it.
    fn fault(&self, message: &str) -> Fault {
        let names = match self.names {
            [] => String::new(),
            [first, .., last] => format!(
                ", or {} to {}",
                first.to_ascii_uppercase(),
                last.to_ascii_uppercase()
            ),
            [one] => format!(", or {one}"),
        };
        Fault::new(format!("{} {message}", self.name)).help(format!(
            "write {} to {}{names}; `*` is every one, `1-5` a range, `1,4` a list, `*/2` every second one",
            self.least, self.most
        ))
    }
}

/// What stands after the slash.
fn step_text(element: &str) -> &str {
    element.rsplit_once('/').map_or("", |(_, step)| step)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As much of an element as a message repeats.
fn shortened(element: &str) -> &str {
    element.get(..24).unwrap_or(element)
}

//! Prometheus' text format, read.

use std::collections::BTreeMap;

/// The labels of a series.
pub(crate) type Labels = BTreeMap<String, String>;

/// What a target tells: the values of each metric, by labels.
#[derive(Debug)]
pub(crate) struct Scrape {
    pub(crate) metrics: BTreeMap<String, Vec<(Labels, f64)>>,
    /// Its size.
    pub(crate) bytes: usize,
}

impl Scrape {
    #[track_caller]
    pub(crate) fn read(text: &str) -> Scrape {
        let mut metrics: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            let (series, value) = line.rsplit_once(' ').expect(line);
            let (metric, labels) = match series.split_once('{') {
                Some((metric, rest)) => (metric, labels(rest)),
                None => (series, Labels::new()),
            };
            let value = value.parse().expect(line);
            let all = metrics.entry(metric.to_owned()).or_default();
            all.push((labels, value));
        }
        Scrape {
            metrics,
            bytes: text.len(),
        }
    }

    /// The series of a metric.
    pub(crate) fn series(&self, metric: &str) -> &[(Labels, f64)] {
        self.metrics.get(metric).map_or(&[], Vec::as_slice)
    }

    /// The value of a metric with one series.
    pub(crate) fn value(&self, metric: &str) -> Option<f64> {
        let [(_, value)] = self.series(metric) else {
            return None;
        };
        Some(*value)
    }

    /// The value of the series that has this label.
    pub(crate) fn of(&self, metric: &str, label: &str, is: &str) -> Option<f64> {
        let mut series = self.series(metric).iter();
        let found = series.find(|(labels, _)| labels.get(label).is_some_and(|value| value == is));
        found.map(|(_, value)| *value)
    }

    /// How many series there are.
    pub(crate) fn count(&self) -> usize {
        self.metrics.values().map(Vec::len).sum()
    }
}

/// `name="value",…}`; in a value `\`, `"` and a newline stand behind a `\`.
fn labels(mut rest: &str) -> Labels {
    let mut labels = Labels::new();
    while let Some((name, after)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().expect("a quote ends it") {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next().expect("something follows").1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        labels.insert(name.trim_start_matches(',').to_owned(), value);
        rest = &after[end + 1..];
    }
    assert_eq!(rest, "}");
    labels
}

//! What `prune.sh` removes in the cluster is what the model in `src/keep.rs` says, over thousands of
//! histories: nights that were missed, clocks that jumped, several backups in one second, ids of a
//! time to come.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use underpin::keep::{BackupId, Keep, choose_holding};

/// Histories, and the backups of each.
const HISTORIES: u64 = 48 * crate::FACTOR as u64;
const BACKUPS: u64 = 40;

/// One question to the shell, and the model's answer.
struct Case {
    question: String,
    answer: String,
}

/// xorshift64*: the same histories in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, number: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % number
    }

    fn at(&mut self, number: u64) -> usize {
        usize::try_from(self.below(number)).unwrap()
    }

    /// As likely 0 as anything else: rules that are left out matter.
    fn rule(&mut self, most: u64) -> u32 {
        match self.below(2) {
            0 => 0,
            _ => u32::try_from(self.below(most)).unwrap(),
        }
    }

    fn keep(&mut self) -> Keep {
        Keep {
            last: self.rule(10),
            daily: self.rule(16),
            weekly: self.rule(10),
            monthly: self.rule(14),
            yearly: self.rule(5),
            minimum: u32::try_from(1 + self.below(5)).unwrap(),
        }
    }
}

/// KEEP, as the container gets it.
fn json(keep: Keep) -> String {
    format!(
        "{{\"last\":{},\"daily\":{},\"weekly\":{},\"monthly\":{},\"yearly\":{},\"minimum\":{}}}",
        keep.last, keep.daily, keep.weekly, keep.monthly, keep.yearly, keep.minimum
    )
}

/// Asks both, and returns those that the model keeps.
fn ask(
    cases: &mut Vec<Case>,
    ids: &[BackupId],
    keep: Keep,
    now: Timestamp,
    published: Option<&BackupId>,
) -> Vec<BackupId> {
    let start = BackupId::at(now, 0).as_str()[..16].to_owned();
    // Databases come and go: as a backup's second may be.
    let holds = |id: &BackupId| -> BTreeSet<usize> {
        let second = usize::try_from(id.began().as_second()).unwrap();
        (0..4)
            .filter(|number| ((second % 7) >> number) & 1 == 1)
            .collect()
    };
    let mut question = format!(
        "{}\t{start}\t{}\t",
        json(keep),
        published.map_or("-", BackupId::as_str)
    );
    for id in ids {
        let _ = write!(question, "{id}");
        for number in holds(id) {
            let _ = write!(question, " {number}");
        }
        question.push(',');
    }
    let choices = choose_holding(ids, keep, now, published, holds);
    let mut answer = String::new();
    for choice in &choices {
        let reasons: Vec<&str> = choice.reasons.iter().map(|reason| reason.name()).collect();
        let _ = if reasons.is_empty() {
            writeln!(answer, "{} remove", choice.id)
        } else {
            writeln!(answer, "{} keep {}", choice.id, reasons.join(","))
        };
    }
    let kept: Vec<BackupId> = choices
        .into_iter()
        .filter(|choice| !choice.reasons.is_empty())
        .map(|choice| choice.id.clone())
        .collect();
    assert!(published.is_none_or(|id| kept.contains(id)), "{question}");
    assert!(
        kept.len() >= ids.len().min(keep.minimum as usize),
        "{question}"
    );
    cases.push(Case { question, answer });
    kept
}

/// A server's life: a backup now and then, each followed by a prune.
fn history(dice: &mut Dice, cases: &mut Vec<Case>) {
    // From 1999, so that odd years, leap years and both ends of ISO years are met.
    let mut clock = 915_148_800 + i64::try_from(dice.below(40 * 31_556_952)).unwrap();
    let mut keep = dice.keep();
    let step = [3600, 43_200, 86_400, 7 * 86_400, 31 * 86_400][dice.at(5)];
    let mut held: Vec<BackupId> = Vec::new();
    for number in 0..BACKUPS {
        clock += step + i64::try_from(dice.below(7200)).unwrap() - 3600;
        match dice.below(30) {
            // Missed nights.
            0 => clock += step * i64::try_from(dice.below(20)).unwrap(),
            // A clock that was wrong for one backup, or is right again.
            1 => clock -= i64::try_from(dice.below(30 * 86_400)).unwrap(),
            2 => clock += i64::try_from(dice.below(400 * 86_400)).unwrap(),
            // Two in one second.
            3 => clock -= step,
            // Other rules from now on.
            4 => keep = dice.keep(),
            _ => {}
        }
        let began = Timestamp::from_second(clock).unwrap();
        let id = BackupId::at(began, usize::try_from(number).unwrap());
        held.push(id.clone());
        // It took a while.
        let now = Timestamp::from_second(clock + i64::try_from(dice.below(3 * 3600)).unwrap());
        held = ask(cases, &held, keep, now.unwrap(), Some(&id));
    }
    // And once without a backup, at some other time.
    let now = clock + 86_400 * 30 - i64::try_from(dice.below(60 * 86_400)).unwrap();
    ask(
        cases,
        &held,
        keep,
        Timestamp::from_second(now).unwrap(),
        None,
    );
}

/// A pile of ids without a history.
fn pile(dice: &mut Dice, cases: &mut Vec<Case>) {
    let start = 1_767_225_600 + i64::try_from(dice.below(20 * 31_556_952)).unwrap();
    let span = [86_400, 90 * 86_400, 6 * 31_556_952][dice.at(3)];
    let ids: Vec<BackupId> = (0..dice.below(60))
        .map(|number| {
            let at = start + i64::try_from(dice.below(span)).unwrap();
            BackupId::at(
                Timestamp::from_second(at).unwrap(),
                usize::try_from(number).unwrap(),
            )
        })
        .collect();
    if ids.is_empty() {
        return;
    }
    let now = start + i64::try_from(dice.below(span * 5 / 4)).unwrap();
    let keep = dice.keep();
    ask(
        cases,
        &ids,
        keep,
        Timestamp::from_second(now).unwrap(),
        None,
    );
}

/// What the shell answers: the real script, in one process for all that it is asked.
fn shell(cases: &[Case]) -> String {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scripts");
    let mut child = Command::new("bash")
        .arg("-c")
        .arg(
            r#"source "$1/prune.sh"
            while IFS=$'\t' read -r KEEP now published ids; do
                [[ $published != - ]] || published=
                tr ',' '\n' <<<"${ids%,}" | LC_ALL=C sort -r -u | choose "$now" "$published"
                echo .
            done"#,
        )
        .args(["retention", scripts.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = String::new();
    for case in cases {
        questions += &case.question;
        questions.push('\n');
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_shell_keeps_what_the_model_keeps() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut cases = Vec::new();
    for _ in 0..HISTORIES {
        history(&mut dice, &mut cases);
        pile(&mut dice, &mut cases);
    }
    assert!(cases.len() > 1900);
    let halves = cases.split_at(cases.len() / 2);
    let answers = std::thread::scope(|scope| {
        let first = scope.spawn(|| shell(halves.0));
        let second = shell(halves.1);
        first.join().unwrap() + &second
    });
    let answers: Vec<&str> = answers.split_terminator(".\n").collect();
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(answer, case.answer, "{}", case.question);
    }
    // Every verdict was met.
    let all: String = cases.iter().map(|case| case.answer.as_str()).collect();
    for verdict in [
        "remove", "last", "daily", "weekly", "monthly", "yearly", "minimum", "database", "newest",
        "future",
    ] {
        assert!(all.contains(verdict), "{verdict}");
    }
}

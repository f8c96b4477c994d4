//! On every major and userland what `cargo test` does on some.

use crate::backup::{majors, round_trip};
use crate::definitions::tells_right_from_wrong;
use crate::drill::proven;
use crate::neon::round_trip as neon;

const ON_15: &str = "15.20-bookworm";
const ON_16: &str = "16.16-trixie";
const ON_17: &str = "17.12-bookworm";
const ALPINE: &str = "17.12-alpine3.22";

#[test]
fn backups_come_back_on_16() {
    round_trip::comes_back(ON_16);
}

#[test]
fn backups_come_back_on_17() {
    round_trip::comes_back(ON_17);
}

#[test]
fn backups_come_back_on_alpine() {
    round_trip::comes_back(ALPINE);
}

#[test]
fn drills_pass_on_15() {
    proven::passes(ON_15);
}

#[test]
fn drills_pass_on_16() {
    proven::passes(ON_16);
}

#[test]
fn drills_pass_on_17() {
    proven::passes(ON_17);
}

#[test]
fn backups_at_neon_come_back_on_15() {
    neon::comes_back(ON_15);
}

#[test]
fn backups_at_neon_come_back_on_17() {
    neon::comes_back(ON_17);
}

#[test]
fn backups_of_16_come_back_on_17() {
    majors::comes_over(ON_16, ON_17);
}

#[test]
fn definitions_are_told_apart_on_17() {
    tells_right_from_wrong(ON_17);
}

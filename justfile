# `just` lists what can be done here. Everything works without just, too: the README says how.

set shell := ["bash", "-euo", "pipefail", "-c"]

tools := env("CARGO_TARGET_DIR", "target") / "tools/python/bin"
export PATH := absolute_path(tools) + ":" + env("PATH")

_default:
    @just --list --unsorted

# Compile the specs of this repository into generated/
[group('use')]
build:
    cargo run --locked --release -- build

# Tell whether generated/ is what the specs say
[group('use')]
check:
    cargo run --locked --release -- check

# Get what the tests need, check format and lints, and run every test
[group('test')]
test:
    tests/run

# Full matrices, and everything that takes longer than 20 s: before a release
[group('test')]
soak *ARGS:
    tests/run --features soak --test soak -- {{ ARGS }}

# What backup, rehearsal, restore and drill make of schemas of your own: see tests/try_schemas.rs
[group('test')]
try IMAGE +FILES:
    UNDERPIN_TRY_IMAGE={{ IMAGE }} UNDERPIN_TRY="{{ FILES }}" cargo test --locked --test try_schemas -- --exact schemas --nocapture

# Times and sizes, as the table of the README
[group('test')]
bench:
    benches/run

# What a proven backup and restore of 1 GB cost beside pg_dump and pg_restore: ten minutes
[group('test')]
bench-backup:
    tests/run --test bench_backup -- --exact backup_and_restore --nocapture
    tests/run --test bench_backup -- --exact rehearsals --nocapture

# What a pooler costs and saves: six minutes
[group('test')]
bench-pooler:
    tests/run --test bench_pooler -- --exact throughput --nocapture

# Format the code
[group('write')]
fmt:
    cargo fmt

# Format, lints, scripts
[group('write')]
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    cargo clippy --locked --features soak --test integration --test soak --test try_schemas --test bench_backup --test bench_pooler -- -D warnings
    shellcheck benches/run tests/run .ci/run

# Licences, advisories and sources of the dependencies: wants cargo-deny and the network
[group('write')]
deny:
    cargo deny --locked check

# Write everything again that is derived: schema, documentation, tables, generated/
[group('write')]
docs:
    # The schema is part of the program that compiles the specs, whose output the rest describes.
    UNDERPIN_OVERWRITE=1 cargo test --locked --lib schema
    cargo run --locked -- build
    UNDERPIN_OVERWRITE=1 cargo test --locked

//! Small databases that people have, each as one row of a table: the SQL that makes it, and what must
//! become of it.
//!
//! Rows of one table share a server, and a database each: one backup and one drill of them all, a
//! restore of each. What comes back is compared by rows, by what every view answers, and by the text
//! of pg_dump: never by a proof of ours. PostgreSQL itself writes some expressions otherwise when it
//! reads them back; there a restore must give what pg_dump and psql alone give.

#[cfg(feature = "soak")]
pub(crate) mod beyond;
#[cfg(feature = "soak")]
pub(crate) mod casts;
pub(crate) mod eye;
#[cfg(feature = "soak")]
mod fixes;
#[cfg(feature = "soak")]
pub(crate) mod members;
#[cfg(feature = "soak")]
pub(crate) mod order;
#[cfg(feature = "soak")]
pub(crate) mod paths;
pub(crate) mod rewritten;
#[cfg(feature = "soak")]
pub(crate) mod rights;
pub(crate) mod run;
#[cfg(feature = "soak")]
pub(crate) mod sound;
mod told;

pub(crate) use run::Group;

/// One small database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// Of its database, and what a failure is told by.
    pub(crate) name: &'static str,
    /// Extensions that the spec lists.
    extensions: &'static [&'static str],
    /// Run by a superuser, before its owner comes.
    superuser: &'static str,
    /// Run by its owner.
    owner: &'static str,
    /// Statements of a superuser whose answer must be the same in what comes back; rolled back.
    ask: &'static str,
    expect: Expect,
}

/// What must become of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Expect {
    /// It comes back, with the rights that the spec gives, and there is nothing to tell.
    Equal,
    /// It comes back but for what no dump carries, and each backup says so in these words.
    EqualBut(&'static [&'static str]),
    /// Each backup says in these words that a superuser is needed, and ends with 4; with one it comes back.
    NeedsSuperuser(&'static [&'static str]),
    /// Each backup says in these words that its rows and schema come back by hand alone, and succeeds:
    /// nothing that a spec or a database can say would change it.
    #[allow(dead_code, reason = "of the soak alone")]
    ByHand(&'static [&'static str]),
    /// Each backup says in these words what will not come back.
    Told(&'static [&'static str]),
    /// Rows that a rehearsal does not have: a restore and a drill say in these words what they lack.
    AtDrill(&'static [&'static str]),
}

impl Case {
    /// One that comes back.
    pub(crate) const fn new(name: &'static str, owner: &'static str) -> Case {
        Case {
            name,
            extensions: &[],
            superuser: "",
            owner,
            ask: "",
            expect: Expect::Equal,
        }
    }

    pub(crate) const fn listed(mut self, extensions: &'static [&'static str]) -> Case {
        self.extensions = extensions;
        self
    }

    pub(crate) const fn after(mut self, superuser: &'static str) -> Case {
        self.superuser = superuser;
        self
    }

    pub(crate) const fn ask(mut self, ask: &'static str) -> Case {
        self.ask = ask;
        self
    }

    pub(crate) const fn expect(mut self, expect: Expect) -> Case {
        self.expect = expect;
        self
    }
}
